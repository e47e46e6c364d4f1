"""What the engines say of themselves, as further series of ours: each gets a label `model`. For a thread.

Nothing that an engine says can break the others' or our own series: what cannot be read is left out whole, names that
are ours are left out, and there is a limit to how much one may say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.samples import Sample

MOST_SAMPLES = 10_000
"""Of one engine; each is a line, and the parser takes its time over it."""
_MOST_LINES = 4 * MOST_SAMPLES
"""With what is said of them, and what separates them."""
LONGEST_LINE = 4096
"""Characters; the parser takes its time over longer ones."""
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MODEL = "model"


def merged(own: Iterable[Metric], engines: Mapping[str, str], reserved: str) -> list[Metric]:
    """`own`, what the `engines` (text by model) add to it, and a gauge that says whose text could be read.

    Each name stands once. Families of one name and two types are untyped. Names that begin with `reserved` are not
    for engines.
    """
    from prometheus_client.core import GaugeMetricFamily

    metrics = {_shown(metric): metric for metric in own}
    readable = GaugeMetricFamily(reserved + "engine_up", "Whether an engine told its own figures.", labels=[MODEL])
    for model, text in sorted(engines.items()):
        said = _read(model, text, reserved)
        readable.add_metric([model], said is not None)
        for metric in said or ():
            _add(metrics, metric)
    return [*metrics.values(), *([readable] if engines else ())]


def _read(model: str, text: str, reserved: str) -> list[Metric] | None:
    """What one engine says; None when that is nothing, cannot be read, or is too much."""
    from prometheus_client.parser import text_string_to_metric_families

    lines = text.split("\n")
    if not text or len(lines) > _MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        return None
    if sum(line[:1] not in ("", "#") for line in lines) > MOST_SAMPLES:
        return None
    try:
        metrics = list(text_string_to_metric_families(text))
    except Exception:  # the parser says in many ways that it does not understand
        return None
    seen: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
    for metric in metrics:
        metric.samples = [_labelled(sample, model) for sample in metric.samples if _new(sample, seen)]
    return [metric for metric in metrics if metric.samples and _allowed(metric, reserved)]


def _new(sample: Sample, seen: set[tuple[str, tuple[tuple[str, str], ...]]]) -> bool:
    """It can be written in the old format, and was not said before."""
    same = sample.name, tuple(sorted(sample.labels.items()))
    if same in seen or not _NAME.fullmatch(sample.name) or not all(map(_LABEL.fullmatch, sample.labels)):
        return False
    seen.add(same)
    return True


def _allowed(metric: Metric, reserved: str) -> bool:
    names = (metric.name, *(sample.name for sample in metric.samples))
    return bool(_NAME.fullmatch(metric.name)) and not any(name.startswith(reserved) for name in names)


def _labelled(sample: Sample, model: str) -> Sample:
    """Without its time, if it has one: it is of this moment."""
    return sample._replace(labels=_renamed(sample.labels) | {MODEL: model}, timestamp=None, exemplar=None)


def _renamed(labels: Mapping[str, str]) -> dict[str, str]:
    """`model` makes room, as Prometheus has it for labels that clash: `exported_model`, and so on."""
    renamed = dict(labels)
    name, value = MODEL, renamed.pop(MODEL, None)
    while value is not None:
        name = f"exported_{name}"
        renamed[name], value = value, renamed.get(name)
    return renamed


def _shown(metric: Metric) -> str:
    """The name that stands behind HELP and TYPE."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def _add(metrics: dict[str, Metric], metric: Metric) -> None:
    name = _shown(metric)
    known = metrics.setdefault(name, metric)
    if known is not metric:
        known.samples += metric.samples
        if known.type != metric.type:
            known.name, known.type = name, "unknown"
