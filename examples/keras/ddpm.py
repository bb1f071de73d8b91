"""Denoising diffusion: a network with time embeddings learns the noise, and an EMA copy draws."""

import math

import numpy as np

import pyconv as keras
from pyconv import GradientTape, layers, ops

keras.utils.set_random_seed(28)
batch_size = 64
img_size = 8
total_timesteps = 50


class GaussianDiffusion:
    """Forward and reverse diffusion with a linear schedule of variances."""

    def __init__(self, beta_start=1e-3, beta_end=0.15, timesteps=50):
        betas = np.linspace(beta_start, beta_end, timesteps, dtype=np.float64)
        self.timesteps = timesteps
        alphas = 1.0 - betas
        alphas_cumprod = np.cumprod(alphas, axis=0)
        alphas_cumprod_prev = np.append(1.0, alphas_cumprod[:-1])
        self.sqrt_alphas_cumprod = ops.cast(np.sqrt(alphas_cumprod), "float32")
        self.sqrt_one_minus_alphas_cumprod = ops.cast(np.sqrt(1.0 - alphas_cumprod), "float32")
        self.sqrt_recip_alphas_cumprod = np.sqrt(1.0 / alphas_cumprod)
        self.sqrt_recipm1_alphas_cumprod = np.sqrt(1.0 / alphas_cumprod - 1)
        self.posterior_variance = betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod)
        self.posterior_mean_coef1 = betas * np.sqrt(alphas_cumprod_prev) / (1.0 - alphas_cumprod)
        self.posterior_mean_coef2 = (
            (1.0 - alphas_cumprod_prev) * np.sqrt(alphas) / (1.0 - alphas_cumprod)
        )

    def q_sample(self, x_start, t, noise):
        shape = (ops.shape(x_start)[0], 1, 1, 1)
        mean = ops.reshape(ops.take(self.sqrt_alphas_cumprod, t), shape)
        deviation = ops.reshape(ops.take(self.sqrt_one_minus_alphas_cumprod, t), shape)
        return mean * x_start + deviation * noise

    def p_sample(self, pred_noise, x, t):
        x_recon = self.sqrt_recip_alphas_cumprod[t] * x
        x_recon = np.clip(x_recon - self.sqrt_recipm1_alphas_cumprod[t] * pred_noise, -1, 1)
        mean = self.posterior_mean_coef1[t] * x_recon + self.posterior_mean_coef2[t] * x
        noise = np.random.standard_normal(x.shape) if t else 0.0
        return mean + np.sqrt(self.posterior_variance[t]) * noise


class TimeEmbedding(layers.Layer):
    def __init__(self, dim, **kwargs):
        super().__init__(**kwargs)
        self.dim = dim
        self.half_dim = dim // 2
        emb = math.log(1000) / (self.half_dim - 1)
        self.emb = ops.exp(ops.arange(self.half_dim, dtype="float32") * -emb)

    def call(self, inputs):
        inputs = ops.cast(inputs, dtype="float32")
        emb = inputs[:, None] * self.emb[None, :]
        return ops.concatenate([ops.sin(emb), ops.cos(emb)], axis=-1)


def residual_block(width, groups=4):
    def apply(inputs):
        x, t = inputs
        residual = x if x.shape[3] == width else layers.Conv2D(width, kernel_size=1)(x)
        temb = layers.Dense(width)(keras.activations.swish(t))[:, None, None, :]
        x = keras.activations.swish(layers.GroupNormalization(groups=groups)(x))
        x = layers.Conv2D(width, kernel_size=3, padding="same")(x)
        x = layers.Add()([x, temb])
        x = keras.activations.swish(layers.GroupNormalization(groups=groups)(x))
        x = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")(x)
        return layers.Add()([x, residual])

    return apply


def build_model():
    image_input = layers.Input(shape=(img_size, img_size, 1), name="image_input")
    time_input = layers.Input(shape=(), dtype="int32", name="time_input")
    x = layers.Conv2D(16, kernel_size=(3, 3), padding="same")(image_input)
    temb = layers.Dense(32, activation="swish")(TimeEmbedding(dim=32)(time_input))
    x = skip = residual_block(16)([x, temb])
    x = layers.Conv2D(32, kernel_size=3, strides=2, padding="same")(x)
    x = residual_block(32)([x, temb])
    x = layers.UpSampling2D(size=2, interpolation="nearest")(x)
    x = layers.Concatenate(axis=-1)([x, skip])
    x = residual_block(16)([x, temb])
    x = layers.Conv2D(1, (3, 3), padding="same", kernel_initializer="zeros")(x)
    return keras.Model([image_input, time_input], x, name="unet")


class DiffusionModel(keras.Model):
    def __init__(self, network, ema_network, timesteps, gdf_util, ema=0.98):
        super().__init__()
        self.network = network
        self.ema_network = ema_network
        self.timesteps = timesteps
        self.gdf_util = gdf_util
        self.ema = ema

    def train_step(self, images):
        batch_size = ops.shape(images)[0]
        t = keras.random.randint((batch_size,), 0, self.timesteps)
        with GradientTape() as tape:
            noise = keras.random.normal(shape=ops.shape(images))
            images_t = self.gdf_util.q_sample(images, t, noise)
            pred_noise = self.network([images_t, t], training=True)
            loss = self.loss(noise, pred_noise)
        gradients = tape.gradient(loss, self.network.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.network.trainable_weights, strict=True))

        # Update the weights of the network with EMA weights
        for weight, ema_weight in zip(self.network.weights, self.ema_network.weights, strict=True):
            ema_weight.assign(self.ema * ema_weight + (1 - self.ema) * weight)
        return {"loss": loss}

    def generate_images(self, num_images=16):
        samples = np.random.standard_normal((num_images, img_size, img_size, 1))
        for t in reversed(range(self.timesteps)):
            tt = np.full(num_images, t, dtype="int32")
            pred_noise = self.ema_network.predict([samples, tt], verbose=0, batch_size=num_images)
            samples = self.gdf_util.p_sample(pred_noise, samples, t)
        return samples


# Images: a bright half, upper or left, between -1 and 1
rng = np.random.default_rng(0)
images = -0.8 * np.ones((1024, img_size, img_size, 1), "float32")
upper = rng.integers(0, 2, 1024) == 1
images[upper, :4] = 0.8
images[~upper, :, :4] = 0.8

network, ema_network = build_model(), build_model()
ema_network.set_weights(network.get_weights())  # Initially the weights are the same
model = DiffusionModel(network, ema_network, total_timesteps, GaussianDiffusion(timesteps=50))
model.compile(
    loss=keras.losses.MeanSquaredError(),
    optimizer=keras.optimizers.Adam(learning_rate=3e-3),
)
history = model.fit(images, epochs=20, batch_size=batch_size, verbose=2)

drawn = np.sign(model.generate_images(num_images=16))
patterns = np.sign(images[[np.argmax(upper), np.argmin(upper)]])
agreement = [max((pattern == image).mean() for pattern in patterns) for image in drawn]
print("Loss at the end", history.history["loss"][-1])
print("Pixels that agree with a pattern:", float(np.mean(agreement)))
