"""Models with steps of their own, written for any library with Keras' names.

Each function takes the library and its GradientTape, and returns (model, data): a compiled model
and what `fit` takes. Noise comes with the data, so that libraries can be compared.
"""

import numpy as np


def rows(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def plain(keras, tape):
    """A subclass that does what the default step does."""

    class Plain(keras.Model):
        def train_step(self, data):
            x, y = data
            with tape() as record:
                y_pred = self(x, training=True)
                loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
            gradients = record.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    x = keras.Input((6,))
    hidden = keras.layers.Dense(8, activation="tanh", kernel_regularizer="l2")(x)
    model = Plain(x, keras.layers.Dense(1)(hidden))
    model.compile(keras.optimizers.Adam(0.02), "mse", metrics=["mae"])
    return model, (rows(1, 40, 6), rows(2, 40, 1))


def vae(keras, tape):
    """A variational autoencoder with a sampling layer and three trackers."""
    ops, layers = keras.ops, keras.layers

    class Sampling(layers.Layer):
        def call(self, inputs):
            mean, log_var, noise = inputs
            return mean + ops.exp(0.5 * log_var) * noise

    class VAE(keras.Model):
        def __init__(self, encoder, decoder, **kwargs):
            super().__init__(**kwargs)
            self.encoder = encoder
            self.decoder = decoder
            self.sampling = Sampling()
            self.total = keras.metrics.Mean(name="total_loss")
            self.reconstruction = keras.metrics.Mean(name="reconstruction_loss")
            self.kl = keras.metrics.Mean(name="kl_loss")

        @property
        def metrics(self):
            return [self.total, self.reconstruction, self.kl]

        def train_step(self, data):
            x, noise = data
            with tape() as record:
                mean, log_var = self.encoder(x)
                y = self.decoder(self.sampling([mean, log_var, noise]))
                reconstruction = ops.mean(
                    ops.sum(keras.losses.binary_crossentropy(x, y), axis=(1, 2))
                )
                kl = -0.5 * (1 + log_var - ops.square(mean) - ops.exp(log_var))
                kl = ops.mean(ops.sum(kl, axis=1))
                loss = reconstruction + kl
            gradients = record.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            self.total.update_state(loss)
            self.reconstruction.update_state(reconstruction)
            self.kl.update_state(kl)
            return {
                "loss": self.total.result(),
                "reconstruction_loss": self.reconstruction.result(),
                "kl_loss": self.kl.result(),
            }

    image = keras.Input((8, 8, 1))
    h = layers.Conv2D(4, 3, activation="relu", strides=2, padding="same")(image)
    h = layers.Flatten()(h)
    encoder = keras.Model(image, [layers.Dense(2)(h), layers.Dense(2)(h)])
    latent = keras.Input((2,))
    h = layers.Reshape((4, 4, 2))(layers.Dense(32, activation="relu")(latent))
    h = layers.Conv2DTranspose(4, 3, activation="relu", strides=2, padding="same")(h)
    decoder = keras.Model(latent, layers.Conv2D(1, 3, activation="sigmoid", padding="same")(h))
    model = VAE(encoder, decoder)
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    return model, (np.float32(rows(1, 1, 8, 8, 1) > rows(3, 40, 1, 1, 1) / 3), rows(2, 40, 2))


def wgan_gp(keras, tape):
    """Several critic steps with a gradient penalty, then one of the generator."""
    ops, layers = keras.ops, keras.layers

    class WGAN(keras.Model):
        def __init__(self, critic, generator, critic_steps=2):
            super().__init__()
            self.critic = critic
            self.generator = generator
            self.critic_steps = critic_steps

        def compile(self, d_optimizer, g_optimizer, d_loss_fn, g_loss_fn):
            super().compile()
            self.d_optimizer = d_optimizer
            self.g_optimizer = g_optimizer
            self.d_loss_fn = d_loss_fn
            self.g_loss_fn = g_loss_fn

        def gradient_penalty(self, real, fake, alpha):
            mixed = real + alpha * (fake - real)
            with tape() as record:
                record.watch(mixed)
                score = self.critic(mixed, training=True)
            gradients = record.gradient(score, [mixed])[0]
            norm = ops.sqrt(ops.sum(ops.square(gradients), axis=[1, 2, 3]))
            return ops.mean((norm - 1.0) ** 2)

        def train_step(self, data):
            real, noise, alpha = data
            for _ in range(self.critic_steps):
                with tape() as record:
                    fake = self.generator(noise, training=True)
                    fake_score = self.critic(fake, training=True)
                    real_score = self.critic(real, training=True)
                    cost = self.d_loss_fn(real_score, fake_score)
                    d_loss = cost + 10.0 * self.gradient_penalty(real, fake, alpha)
                gradients = record.gradient(d_loss, self.critic.trainable_variables)
                self.d_optimizer.apply_gradients(
                    zip(gradients, self.critic.trainable_variables, strict=True)
                )
            with tape() as record:
                score = self.critic(self.generator(noise, training=True), training=True)
                g_loss = self.g_loss_fn(score)
            gradients = record.gradient(g_loss, self.generator.trainable_variables)
            self.g_optimizer.apply_gradients(
                zip(gradients, self.generator.trainable_variables, strict=True)
            )
            return {"d_loss": d_loss, "g_loss": g_loss}

    image = keras.Input((8, 8, 1))
    h = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(4, 3, strides=2)(image))
    critic = keras.Model(image, layers.Dense(1)(layers.Flatten()(h)))
    noise = keras.Input((3,))
    h = layers.Reshape((4, 4, 2))(layers.Dense(32, use_bias=False)(noise))
    h = layers.LeakyReLU(negative_slope=0.2)(layers.BatchNormalization()(h))
    h = layers.Conv2D(1, 3, padding="same", activation="tanh")(layers.UpSampling2D(2)(h))
    model = WGAN(critic, keras.Model(noise, h))
    model.compile(
        keras.optimizers.Adam(0.002, beta_1=0.5, beta_2=0.9),
        keras.optimizers.Adam(0.001, beta_1=0.5, beta_2=0.9),
        lambda real, fake: ops.mean(fake) - ops.mean(real),
        lambda fake: -ops.mean(fake),
    )
    alpha = np.random.default_rng(3).uniform(size=(40, 1, 1, 1)).astype("float32")
    return model, (rows(1, 40, 8, 8, 1), rows(2, 40, 3), alpha)


def distiller(keras, tape):
    """A student taught by a frozen teacher."""
    ops, layers = keras.ops, keras.layers

    class Distiller(keras.Model):
        def __init__(self, student, teacher):
            super().__init__()
            self.student = student
            self.teacher = teacher

        def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn):
            super().compile(optimizer=optimizer, metrics=metrics)
            self.student_loss_fn = student_loss_fn
            self.distillation_loss_fn = distillation_loss_fn

        def call(self, x):
            return self.student(x)

        def train_step(self, data):
            x, y = data
            teacher = self.teacher(x, training=False)
            with tape() as record:
                student = self.student(x, training=True)
                own = self.student_loss_fn(y, student)
                distilled = self.distillation_loss_fn(
                    ops.softmax(teacher / 3.0, axis=1), ops.softmax(student / 3.0, axis=1)
                )
                loss = 0.1 * own + 0.9 * distilled * 3.0**2
            variables = self.student.trainable_variables
            self.optimizer.apply_gradients(
                zip(record.gradient(loss, variables), variables, strict=True)
            )
            logs = self.compute_metrics(x, y, student, None)
            return {**logs, "own": own, "distilled": distilled}

        def test_step(self, data):
            x, y = data
            y_pred = self.student(x, training=False)
            own = self.student_loss_fn(y, y_pred)
            return {**self.compute_metrics(x, y, y_pred, None), "own": own}

    teacher = keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(3)])
    teacher.trainable = False
    student = keras.Sequential([keras.Input((6,)), layers.Dense(3)])
    model = Distiller(student, teacher)
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        [keras.metrics.SparseCategoricalAccuracy()],
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        keras.losses.KLDivergence(),
    )
    return model, (rows(1, 40, 6), np.arange(40) % 3)


def contrastive(keras, tape):
    """Every example against every other one, in a loss that `compile` takes."""
    ops, layers = keras.ops, keras.layers

    def pairs(y_true, y_pred):
        norm = ops.sqrt(ops.sum(ops.square(y_pred), axis=1, keepdims=True) + 1e-6)
        y_pred = y_pred / norm
        similar = ops.matmul(y_pred, ops.transpose(y_pred)) / 0.5
        count = ops.shape(y_pred)[0]
        similar = similar - 1e9 * ops.eye(count)
        same = ops.cast(ops.equal(y_true, ops.transpose(y_true)), "float32") - ops.eye(count)
        likely = ops.log_softmax(similar, axis=1)
        return -ops.mean(ops.sum(same * likely, axis=1) / ops.sum(same, axis=1))

    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(4)])
    model.compile(keras.optimizers.Adam(0.02), pairs)
    return model, (rows(1, 40, 6), (np.arange(40) % 3).reshape(-1, 1).astype("float32"))


MODELS = [plain, vae, wgan_gp, distiller, contrastive]
