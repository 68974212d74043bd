"""The tables that analyses answer with; none of them is stored."""

from __future__ import annotations

import polars as pl

from cachestats.schema.money import CachePay
from cachestats.schema.table import TIME, Column, Table
from cachestats.schema.values import (
    Backend,
    Basis,
    Cause,
    Confidence,
    Instruction,
    Link,
    MissClass,
)

EVIDENCE = pl.List(pl.Struct({"source": pl.String, "line": pl.Int64, "text": pl.String}))

__all__ = [
    "EVIDENCE",
    "DoctorRows",
    "HitRatio",
    "LayerRows",
    "LedgerRows",
    "LineageRows",
    "MissRows",
    "TrendRows",
    "WasteRows",
]


class LayerRows(Table):
    """One row per layer, over all runs given."""

    layer_id = Column(pl.String, "identity of the layer")
    project = Column(pl.String, "project", nullable=True)
    target = Column(pl.String, "bake target", nullable=True)
    platform = Column(pl.String, "platform", nullable=True)
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    instruction = Column(pl.Enum(Instruction), "Dockerfile instruction")
    text = Column(pl.String, "instruction text of the newest run")
    runs = Column(pl.Int64, "runs that reached the layer: hits + misses")
    hits = Column(pl.Int64, "of these, runs that had it from the cache")
    misses = Column(pl.Int64, "of these, runs that executed it")
    miss_ratio = Column(pl.Float64, "misses / runs")
    cost_s = Column(pl.Float64, "time its misses took", unit="s")
    waste_s = Column(pl.Float64, "structural and avoidable part of cost_s", unit="s", nullable=True)
    caused_waste_s = Column(
        pl.Float64, "waste of every miss whose root it is", unit="s", nullable=True
    )
    saved_s = Column(
        pl.Float64,
        "baseline minus restore, over its hits; null without a baseline",
        unit="s",
        nullable=True,
    )
    baseline_s = Column(
        pl.Float64,
        "median of its last 20 executions, earlier ones than the runs looked at included;"
        " null if never executed",
        unit="s",
        nullable=True,
    )
    top_cause = Column(pl.String, "cause that cost most", nullable=True)
    waste_cause = Column(
        pl.String,
        "root cause that most of caused_waste_s is due to; null where nothing is wasted",
        nullable=True,
    )


class DoctorRows(Table):
    """One row per file that would be read, and per input that could not."""

    source = Column(pl.String, "path or URI; of a log in an archive, its path in that behind it")
    wrapper = Column(
        pl.String, "what stands before each line, or none; null without a run", nullable=True
    )
    format = Column(pl.String, "how its runs are written down; null without one", nullable=True)
    bytes = Column(pl.Int64, "size of the text, expanded", unit="bytes", nullable=True)
    lines = Column(pl.Int64, "lines; null for a build record, which has none", nullable=True)
    buildkit_lines = Column(
        pl.Int64, "lines that look like BuildKit's: `#N …` or its JSON", nullable=True
    )
    understood = Column(pl.Float64, "share of these that is understood", nullable=True)
    first_strange_line = Column(
        pl.Int64, "first of these that is not, from 1; null: all are", nullable=True
    )
    first_strange_text = Column(pl.String, "its text, cut, secrets redacted", nullable=True)
    runs = Column(pl.Int64, "runs found", nullable=True)
    runs_without_start = Column(
        pl.Int64, "of these, runs with no start but the time of the file", nullable=True
    )
    runs_without_project = Column(
        pl.Int64, "of these, runs whose project is unknown", nullable=True
    )
    versions = Column(
        pl.List(pl.String), "BuildKit and buildx, as the log names them", nullable=True
    )
    reason = Column(pl.String, "why it, or a part of it, is rejected", nullable=True)


class HitRatio(Table):
    """One row: the hit ratio of all runs given, with its denominators."""

    hits = Column(pl.Int64, "instruction steps that came from the cache")
    misses = Column(pl.Int64, "instruction steps that were executed")
    hit_ratio = Column(pl.Float64, "hits / (hits + misses); null without either", nullable=True)
    saved_s = Column(pl.Float64, "time saved by hits of layers with a baseline", unit="s")
    cost_s = Column(pl.Float64, "time executed by misses", unit="s")
    time_ratio = Column(pl.Float64, "saved_s / (saved_s + cost_s)", nullable=True)
    hits_without_baseline = Column(pl.Int64, "hits whose saving is not known and not counted")
    cached_steps = Column(pl.Int64, "steps of every kind that are printed as cached")
    steps = Column(pl.Int64, "steps of every kind")
    docker_ratio = Column(
        pl.Float64, "cached_steps / steps: the percentage that Docker prints", nullable=True
    )


class MissRows(Table):
    """One row per miss: an instruction step that was executed to an end, done or failed."""

    run_id = Column(pl.String, "run of the step")
    step_no = Column(pl.Int32, "step of the run")
    project = Column(pl.String, "project", nullable=True)
    branch = Column(pl.String, "branch that was built", nullable=True)
    commit = Column(pl.String, "commit that was built", nullable=True)
    started_at = Column(TIME, "start of the run", nullable=True)
    layer_id = Column(pl.String, "layer, as `layers` names it: of the newest member of its lineage")
    target = Column(pl.String, "bake target", nullable=True)
    platform = Column(pl.String, "platform", nullable=True)
    stage = Column(pl.String, "Dockerfile stage", nullable=True)
    instruction = Column(pl.Enum(Instruction), "Dockerfile instruction")
    name = Column(pl.String, "vertex name as printed", nullable=True)
    text = Column(pl.String, "name without its bracket prefix")
    cost_s = Column(pl.Float64, "time the step took to execute; 0 if not printed", unit="s")
    cause = Column(pl.Enum(Cause), "why it missed; `cascade` below a miss")
    own_cause = Column(
        pl.Enum(Cause), "why a cascade would have missed anyway; null if not known", nullable=True
    )
    class_ = Column(pl.Enum(MissClass), "whether the work had to be done")
    confidence = Column(pl.Enum(Confidence), "how sure the cause is")
    is_root = Column(pl.Boolean, "whether it is the first miss on its path")
    root_step_no = Column(pl.Int32, "step it is charged to: the earliest root; its own if a root")
    root_step_nos = Column(pl.List(pl.Int32), "all roots above it, earliest first")
    root_layer_id = Column(pl.String, "layer of the root")
    root_text = Column(pl.String, "text of the root")
    root_cause = Column(pl.Enum(Cause), "cause of the root")
    compared_run_id = Column(pl.String, "run it was compared with; null: none", nullable=True)
    compared_basis = Column(
        pl.Enum(Basis), "among which runs that one is the latest", nullable=True
    )
    link = Column(pl.Enum(Link), "how it is the layer of that run; null: it is new", nullable=True)
    link_score = Column(pl.Float64, "likeness of the texts, 0 to 1", nullable=True)
    reason = Column(pl.String, "the cause in a sentence")
    evidence = Column(EVIDENCE, "lines of logs that show the cause: source, line, text")


class LedgerRows(Table):
    """One row per project and remote cache: what it saved and what it took."""

    project = Column(pl.String, "project", nullable=True)
    backend = Column(pl.Enum(Backend), "cache backend")
    ref = Column(
        pl.String,
        "cache reference, volatile numbers taken out; of an inline cache, the image without a tag",
        nullable=True,
    )
    mode = Column(pl.String, "min or max, where a log tells it", nullable=True)
    runs = Column(pl.Int64, "runs that read or wrote it")
    imports = Column(pl.Int64, "imports, failed ones included")
    imports_failed = Column(pl.Int64, "of these, failed")
    exports = Column(pl.Int64, "exports, failed ones included")
    exports_failed = Column(pl.Int64, "of these, failed")
    untimed = Column(pl.Int64, "failed ones whose time is not printed, and counts as 0")
    hits = Column(pl.Int64, "hits of runs that imported it on a builder with none of its own")
    hits_with_baseline = Column(pl.Int64, "of these, hits whose saving is known")
    warm_hits = Column(pl.Int64, "hits of runs that imported it on a warm builder: not counted")
    saved_s = Column(
        pl.Float64, "what these runs did not execute: baselines of the hits, and base_s", unit="s"
    )
    base_s = Column(
        pl.Float64, "pulls of base images that FROM steps of these runs did without", unit="s"
    )
    bases_unknown = Column(pl.Int64, "such pulls whose time is not known, and not counted")
    import_s = Column(pl.Float64, "time of imports", unit="s")
    export_s = Column(pl.Float64, "time of exports", unit="s")
    restore_s = Column(pl.Float64, "time the hits took to pull and unpack", unit="s")
    net_s = Column(pl.Float64, "saved_s - import_s - export_s - restore_s", unit="s")
    dear_runs = Column(pl.Int64, "runs that took longer to restore their hits than to execute them")
    dear_layers = Column(pl.Int64, "layers of these hits")
    dear_s = Column(
        pl.Float64, "how much longer: negative avoidance, as a positive number", unit="s"
    )
    pay = Column(pl.Enum(CachePay), "whether it is worth its time")
    verdict = Column(pl.String, "the same in a sentence")


class TrendRows(Table):
    """One row per period: what was built, how much came from the cache, what was wasted."""

    since_at = Column(TIME, "begin of the period")
    runs = Column(pl.Int64, "runs started in it")
    hits = Column(pl.Int64, "instruction steps that came from the cache")
    misses = Column(pl.Int64, "instruction steps that were executed")
    hit_ratio = Column(pl.Float64, "hits / (hits + misses)", nullable=True)
    saved_s = Column(pl.Float64, "time saved by hits of layers with a baseline", unit="s")
    cost_s = Column(pl.Float64, "time executed by misses", unit="s")
    time_ratio = Column(pl.Float64, "saved_s / (saved_s + cost_s)", nullable=True)
    docker_ratio = Column(pl.Float64, "cached steps / steps of every kind", nullable=True)
    structural_s = Column(pl.Float64, "cost of structural misses", unit="s")
    avoidable_s = Column(pl.Float64, "cost of avoidable misses", unit="s")
    waste_s = Column(pl.Float64, "structural_s + avoidable_s", unit="s")


class LineageRows(Table):
    """One row per `layer_id` of `Steps`: the layer that it is over many runs."""

    layer_id = Column(pl.String, "identity that one run gave it")
    lineage_id = Column(pl.String, "`layer_id` of the newest member of its lineage")
    from_layer_id = Column(
        pl.String, "earlier member it follows; null: it began the lineage", nullable=True
    )
    link = Column(pl.Enum(Link), "how it is known to follow that one", nullable=True)
    score = Column(pl.Float64, "likeness of the two texts, 0 to 1", nullable=True)


class WasteRows(Table):
    """One row per class, cause, layer, stage, project or week: what its misses cost."""

    key = Column(pl.String, "class, root cause, root layer, stage, project or week", nullable=True)
    misses = Column(pl.Int64, "misses charged to it")
    cost_s = Column(pl.Float64, "machine time that they took", unit="s")
    legitimate_s = Column(pl.Float64, "of that, work that had to be done", unit="s")
    structural_s = Column(pl.Float64, "work that a better Dockerfile would not do", unit="s")
    avoidable_s = Column(pl.Float64, "work that a working cache would not do", unit="s")
    unknown_s = Column(pl.Float64, "work whose cause is not known", unit="s")
    waste_s = Column(pl.Float64, "structural_s + avoidable_s", unit="s")
