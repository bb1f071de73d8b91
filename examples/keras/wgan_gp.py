"""WGAN-GP: three critic steps for each generator step, and a penalty on the critic's gradient."""

import numpy as np

import pyconv as keras
from pyconv import GradientTape, layers, ops

keras.utils.set_random_seed(13)
noise_dim = 16
IMG_SHAPE = (8, 8, 1)
BATCH_SIZE = 64


def conv_block(x, filters, activation, kernel_size=(3, 3), strides=(1, 1), use_bias=True):
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=use_bias)(x)
    return activation(x)


def get_discriminator_model():
    img_input = layers.Input(shape=IMG_SHAPE)
    x = layers.ZeroPadding2D((1, 1))(img_input)
    x = conv_block(x, 16, kernel_size=(5, 5), strides=(2, 2), activation=layers.LeakyReLU(0.2))
    x = conv_block(x, 32, kernel_size=(5, 5), strides=(2, 2), activation=layers.LeakyReLU(0.2))
    x = layers.Flatten()(x)
    x = layers.Dense(1)(x)
    return keras.models.Model(img_input, x, name="discriminator")


def upsample_block(x, filters, activation, use_bn=False):
    x = layers.UpSampling2D((2, 2))(x)
    x = layers.Conv2D(filters, (3, 3), padding="same", use_bias=not use_bn)(x)
    if use_bn:
        x = layers.BatchNormalization()(x)
    return activation(x)


def get_generator_model():
    noise = layers.Input(shape=(noise_dim,))
    x = layers.Dense(2 * 2 * 64, use_bias=False)(noise)
    x = layers.BatchNormalization()(x)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Reshape((2, 2, 64))(x)
    x = upsample_block(x, 32, layers.LeakyReLU(0.2), use_bn=True)
    x = upsample_block(x, 1, layers.Activation("tanh"))
    return keras.models.Model(noise, x, name="generator")


class WGAN(keras.Model):
    def __init__(
        self, discriminator, generator, latent_dim, discriminator_extra_steps=3, gp_weight=10.0
    ):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim
        self.d_steps = discriminator_extra_steps
        self.gp_weight = gp_weight

    def compile(self, d_optimizer, g_optimizer, d_loss_fn, g_loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.d_loss_fn = d_loss_fn
        self.g_loss_fn = g_loss_fn

    def gradient_penalty(self, batch_size, real_images, fake_images):
        """Calculates the penalty on images interpolated between real and fake ones."""
        alpha = keras.random.uniform((batch_size, 1, 1, 1), 0.0, 1.0)
        diff = fake_images - real_images
        interpolated = real_images + alpha * diff

        with GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.discriminator(interpolated, training=True)

        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = ops.sqrt(ops.sum(ops.square(grads), axis=[1, 2, 3]))
        return ops.mean((norm - 1.0) ** 2)

    def train_step(self, real_images):
        if isinstance(real_images, tuple):
            real_images = real_images[0]
        batch_size = ops.shape(real_images)[0]

        for _ in range(self.d_steps):
            random_latent_vectors = keras.random.normal(shape=(batch_size, self.latent_dim))
            with GradientTape() as tape:
                fake_images = self.generator(random_latent_vectors, training=True)
                fake_logits = self.discriminator(fake_images, training=True)
                real_logits = self.discriminator(real_images, training=True)
                d_cost = self.d_loss_fn(real_img=real_logits, fake_img=fake_logits)
                gp = self.gradient_penalty(batch_size, real_images, fake_images)
                d_loss = d_cost + gp * self.gp_weight
            d_gradient = tape.gradient(d_loss, self.discriminator.trainable_variables)
            self.d_optimizer.apply_gradients(
                zip(d_gradient, self.discriminator.trainable_variables, strict=True)
            )

        random_latent_vectors = keras.random.normal(shape=(batch_size, self.latent_dim))
        with GradientTape() as tape:
            generated_images = self.generator(random_latent_vectors, training=True)
            gen_img_logits = self.discriminator(generated_images, training=True)
            g_loss = self.g_loss_fn(gen_img_logits)
        gen_gradient = tape.gradient(g_loss, self.generator.trainable_variables)
        self.g_optimizer.apply_gradients(
            zip(gen_gradient, self.generator.trainable_variables, strict=True)
        )
        return {"d_loss": d_loss, "g_loss": g_loss, "penalty": gp}


def discriminator_loss(real_img, fake_img):
    return ops.mean(fake_img) - ops.mean(real_img)


def generator_loss(fake_img):
    return -ops.mean(fake_img)


# Images of one bright stripe, at a column of its own, between -1 and 1
rng = np.random.default_rng(0)
columns = rng.integers(1, 7, 1024)
train_images = -np.ones((1024, *IMG_SHAPE), "float32")
for i, column in enumerate(columns):
    train_images[i, :, column - 1 : column + 1] = 1

wgan = WGAN(
    discriminator=get_discriminator_model(),
    generator=get_generator_model(),
    latent_dim=noise_dim,
)
wgan.compile(
    d_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5, beta_2=0.9),
    g_optimizer=keras.optimizers.Adam(learning_rate=0.001, beta_1=0.5, beta_2=0.9),
    g_loss_fn=generator_loss,
    d_loss_fn=discriminator_loss,
)
history = wgan.fit(train_images, batch_size=BATCH_SIZE, epochs=20, verbose=2)

generated = wgan.generator(keras.random.normal((256, noise_dim), seed=3)).numpy()[..., 0]
print("Gradient penalty at the end:", history.history["penalty"][-1])
print("Rows of an image agree:", 1 - float(generated.std(axis=1).mean() / generated.std()))
