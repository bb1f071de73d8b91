"""All variables of a model as a tree of dicts, by their paths."""

from __future__ import annotations

from pyconv.utils.arguments import choice


class StateTree:
    """The methods of `Model` that read and write such a tree."""

    def get_state_tree(self, value_format="backend_tensor"):
        """The values of all variables.

        Args:
            value_format: "backend_tensor" or "numpy_array", which are arrays both.

        Returns:
            A dict with "trainable_variables", "non_trainable_variables", "optimizer_variables" and
            "metrics_variables": each a tree of dicts, by the parts of the variables' paths.

        Example:
            >>> from pyconv import Input, Sequential, layers
            >>> model = Sequential([Input((3,)), layers.Dense(2, name="top")], name="net")
            >>> model.get_state_tree()["trainable_variables"]["net"]["top"]["bias"]
            array([0., 0.], dtype=float32)
        """
        choice(value_format, "value_format", ("backend_tensor", "numpy_array"))
        plain = value_format == "numpy_array"
        return {
            key: _tree({v.path: v.numpy() if plain else v.value for v in variables})
            for key, variables in self._state_variables().items()
        }

    def set_state_tree(self, state_tree):
        """Sets variables to the values of such a tree, or of a part of one.

        Args:
            state_tree: a dict as `get_state_tree` returns it; paths that the model lacks are
                left out.

        Raises:
            ValueError: a key that is none of the four, or a value of another shape.
        """
        known = self._state_variables()
        for key, tree in state_tree.items():
            variables = {v.path: v for v in known[choice(key, "state_tree", tuple(known))]}
            for path, value in _leaves(tree):
                if path in variables:
                    variables[path].assign(value)

    def _state_variables(self):
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": self.optimizer.variables if self.optimizer else [],
            "metrics_variables": self.metrics_variables,
        }


def _tree(values):
    """The values by the parts of their paths."""
    tree = {}
    for path, value in values.items():
        *folders, name = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[name] = value
    return tree


def _leaves(tree, prefix=""):
    """Pairs (path, value)."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}/")
        else:
            yield prefix + key, value
