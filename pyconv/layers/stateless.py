"""Calls of layers with values of variables that come as arguments."""

from __future__ import annotations

from pyconv.graph import Variable, lent


class Stateless:
    """The part of `Layer` whose calls change nothing."""

    name: str
    built: bool
    losses: list
    trainable_variables: list[Variable]
    non_trainable_variables: list[Variable]

    def stateless_call(
        self,
        trainable_variables,
        non_trainable_variables,
        *args,
        return_losses=False,
        **kwargs,
    ):
        """A call with other values of the variables, which changes none.

        Args:
            trainable_variables, non_trainable_variables: a value for each variable of these lists.
            *args, **kwargs: of the call.
            return_losses: whether `losses` are returned, too.

        Returns:
            (outputs, values of the variables that are not trained after the call), and the losses.

        Raises:
            ValueError: the layer is not built, or values do not fit.
        """
        if not self.built:
            raise ValueError(
                f"layer {self.name}: expected a layer that is built, received one without weights; "
                "call build(input_shape) first"
            )
        trained, others = self.trainable_variables, self.non_trainable_variables
        with (
            lent("trainable_variables", trained, trainable_variables),
            lent("non_trainable_variables", others, non_trainable_variables),
        ):
            outputs = self(*args, **kwargs)
            after = [variable.value for variable in others]
            losses = self.losses if return_losses else None
        return (outputs, after, losses) if return_losses else (outputs, after)
