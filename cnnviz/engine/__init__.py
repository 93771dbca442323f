"""Where network jobs run: in threads of this process, or elsewhere, and whoever asks cannot tell.

    ticket = engine.submit(engine.PassJob("resnet20-cifar10", image))
    ticket.place, ticket.progress, ticket.note
    ticket.result(timeout=0.1).maps["conv1"]

Equal jobs are computed once, however many visitors ask; results and networks are kept within bounds of memory; so many
run at a time and the others wait. Importing the package does not import torch: the first job does.
"""

from __future__ import annotations

from cnnviz.engine.ablation_job import AblationJob
from cnnviz.engine.altered_job import AlteredPassJob
from cnnviz.engine.backend import Backend, Ticket
from cnnviz.engine.current import get, run, submit, use
from cnnviz.engine.devices import Device
from cnnviz.engine.gradient_jobs import AttributionJob, FaithfulnessJob, FieldJob, InversionJob, MaximiseJob
from cnnviz.engine.job import Context, Job, Progress
from cnnviz.engine.local import LocalEngine
from cnnviz.engine.pass_jobs import DescribeJob, Description, ExplainJob, PassJob
from cnnviz.engine.source_jobs import SourceJob, WeightsJob

__all__ = [
    "AblationJob",
    "AlteredPassJob",
    "AttributionJob",
    "Backend",
    "Context",
    "DescribeJob",
    "Description",
    "Device",
    "ExplainJob",
    "FaithfulnessJob",
    "FieldJob",
    "InversionJob",
    "Job",
    "LocalEngine",
    "MaximiseJob",
    "PassJob",
    "Progress",
    "SourceJob",
    "Ticket",
    "WeightsJob",
    "get",
    "run",
    "submit",
    "use",
]
