"""Another mask head than the weights were trained with: what of theirs it starts from."""

from collections.abc import Mapping

from torch import Tensor, nn

_CONVOLUTIONS, _PREDICTOR = "roi_heads.mask_head.", "roi_heads.mask_predictor."


def fit_mask_branch(state: Mapping[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Fit the weights' mask branch to the model's: entries of the same name stay, others start as a fresh head does.

    So a finer FCN starts as the coarser one of the weights, upsampled, and points are corrected from its coarse mask.
    One mask for all classes starts as the mean of the classes' masks; masks for each class start as the one for all.
    Convolutions of the same kind are left alone, as is what lies outside the branch: they fit, or are to be refused.
    """
    wanted = model.state_dict()
    alike = any(name.startswith(_CONVOLUTIONS) and name in state for name in wanted)
    parts = (_PREDICTOR,) if alike else (_PREDICTOR, _CONVOLUTIONS)
    own = {name: value for name, value in wanted.items() if name.startswith(parts)}
    kept = {name: value for name, value in state.items() if name in own or not name.startswith(parts)}
    return kept | {name: _fit_rows(state.get(name, value), value) for name, value in own.items()}


def _fit_rows(given: Tensor, own: Tensor) -> Tensor:
    """Turn a row for each class into one for all, or the reverse; row 0 is background, which nothing has trained."""
    if given.ndim == 0 or given.shape[1:] != own.shape[1:]:
        return given
    if len(own) == 1 < len(given):
        return given[1:].mean(dim=0, keepdim=True)
    return given.expand_as(own) if len(given) == 1 else given
