"""Captured steps against hooks that clone, against the summary's names, and from several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as torch_module

from cnnviz.errors import ParameterError, ShapeError
from cnnviz.networks import zoo
from cnnviz.networks.capture import capture, follow
from cnnviz.networks.summary import summarize
from cnnviz.networks.torchvision_door import torchvision

if TYPE_CHECKING:
    from collections.abc import Callable

torch.set_num_threads(1)

SHAPE = (1, 3, 64, 64)


def network(name: str, **options: object) -> nn.Module:
    """One of torchvision's, with random weights of its own."""
    torch.manual_seed(0)
    made: nn.Module = getattr(torchvision().models, name)(num_classes=7, **options)
    return made.eval()


def picture(seed: int = 0, shape: tuple[int, ...] = SHAPE) -> Tensor:
    """Noise."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def hooked(model: nn.Module, x: Tensor) -> list[tuple[str, Tensor]]:
    """Outputs of all modules without children, copied by hooks of one's own."""
    seen: list[tuple[str, Tensor]] = []
    handles = [
        module.register_forward_hook(lambda _, __, output, name=name: seen.append((name, output.clone())))
        for name, module in model.named_modules()
        if not list(module.children())
    ]
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return seen


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "squeezenet1_1", "mobilenet_v3_small", "convnext_tiny"])
@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_modules_are_what_hooks_with_copies_see(name: str, mode: Callable[[], torch.inference_mode]) -> None:
    """Bit by bit, although activations, sums and stochastic depth work in place; and every step has its name."""
    model = network(name)
    with mode():
        output, steps = follow(model, picture())
    assert list(steps) == [layer.name for layer in summarize(model, SHAPE).layers]
    expected = hooked(model, picture())
    uses: dict[str, int] = {}
    for module, values in expected:
        uses[module] = uses.get(module, 0) + 1
        step = module if uses[module] == 1 else f"{module}#{uses[module]}"
        assert torch.equal(steps[step], values), step
    assert torch.equal(output, list(steps.values())[-1])
    assert not any(each.is_inference() for each in steps.values())
    places = [each.untyped_storage().data_ptr() for each in (*steps.values(), *model.parameters(), *model.buffers())]
    assert len(set(places)) == len(places)


def test_functions_between_modules_are_steps() -> None:
    """The sum of a residual block is that of its branch and its input, before the ReLU that overwrites it."""
    steps = capture(network("resnet18"), picture())
    assert torch.equal(steps["layer1.0.add"], steps["layer1.0.bn2"] + steps["maxpool"])
    assert torch.equal(steps["layer1.0.relu#2"], steps["layer1.0.add"].relu())
    assert torch.equal(steps["flatten"], steps["avgpool"][:, :, 0, 0])


@pytest.mark.parametrize("name", ["lenet5_1998", "nin_cifar", "resnet20", "mobilenet_v2", "googlenet"])
def test_steps_of_the_zoo_are_those_of_the_summary(name: str) -> None:
    """Names, order and shapes, of networks while they are being trained."""
    model = zoo.build(name)
    shape = (1, *zoo.get(name).input_shape)
    steps = capture(model, picture(shape=shape))
    layers = summarize(model, shape).layers
    assert [(key, tuple(each.shape)) for key, each in steps.items()] == [(x.name, x.output_shape) for x in layers]


def test_only_what_is_asked_for_is_kept() -> None:
    """In the order of the pass; a name that is no step is an error."""
    model = network("resnet18")
    assert list(capture(model, picture(), keep={"fc", "conv1"})) == ["conv1", "fc"]
    assert capture(model, picture(), keep=()) == {}
    with pytest.raises(ParameterError, match="conv9"):
        capture(model, picture(), keep=["conv9"])
    with pytest.raises(ParameterError, match="conv9"):
        capture(model, picture(), changes={"conv9": torch.zeros_like})


def test_a_model_under_training_stays_as_it_is() -> None:
    """Its statistics and its flags do not move, and dropout is off: twice the same."""
    model = network("densenet121", drop_rate=0.5).train()
    before = {name: each.clone() for name, each in model.state_dict().items()}
    first, second = (capture(model, picture(), keep=["classifier"])["classifier"] for _ in range(2))
    assert torch.equal(first, second)
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())
    assert all(each.training for each in model.modules())


def hooks_of(model: nn.Module) -> list[int]:
    """How many hooks there are on all modules of the process, and on those of `model`."""
    everywhere = [torch_module._global_forward_hooks, torch_module._global_forward_pre_hooks]
    own = [hooks for each in model.modules() for hooks in (each._forward_hooks, each._forward_pre_hooks)]
    return [len(each) for each in (*everywhere, *own)]


def test_errors_are_those_of_the_summary_and_leave_no_hooks() -> None:
    """A layer at fault is named as `summarize` names it; and functions are seen no longer."""
    model = network("resnet18")
    model.layer2[0].conv1 = nn.Conv2d(65, 128, 3)
    with pytest.raises(ShapeError) as raised:
        capture(model, picture())
    failure = summarize(model, SHAPE).failure
    assert failure is not None
    assert str(raised.value) == str(failure)
    assert not any(hooks_of(model))
    assert not torch.overrides._get_current_function_mode_stack()

    def stop(_: Tensor) -> Tensor:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        capture(network("resnet18"), picture(), changes={"layer1.0.add": stop})
    assert not any(hooks_of(model))


def test_four_threads_on_one_model_see_their_own_pictures() -> None:
    """A hundred captures at a time, everyone's as if alone."""
    model = zoo.build("resnet20").eval()
    pictures = [picture(seed, (1, 3, 16, 16)) for seed in range(100)]
    alone = [capture(model, each) for each in pictures[:4]]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda place: capture(model, pictures[place % 4]), range(100)))
    wrong = [
        place
        for place, steps in enumerate(found)
        if list(steps) != list(alone[0]) or any(not torch.equal(steps[n], v) for n, v in alone[place % 4].items())
    ]
    assert wrong == []
    assert not any(hooks_of(model))


def test_changes_reach_the_steps_after_them_and_stay_in_their_thread() -> None:
    """Two threads with unlike changes: each as by hand, a step that works in place included."""
    model = network("resnet18")
    x = picture()
    changes: list[dict[str, Callable[[Tensor], Tensor]]] = [{"relu": torch.zeros_like}, {"layer4.1.add": torch.neg}]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda place: capture(model, x, changes=changes[place % 2]), range(20)))
    for steps in found[::2]:
        assert not steps["relu"].any()
        assert not steps["maxpool"].any()
    untouched = capture(model, x)
    for steps in found[1::2]:
        assert torch.equal(steps["layer4.1.add"], -untouched["layer4.1.add"])
        assert torch.equal(steps["layer4.1.relu#2"], (-untouched["layer4.1.add"]).relu())
        assert torch.equal(steps["layer4.0.add"], untouched["layer4.0.add"])


class Statement(nn.Module):
    """Overwrites in ways of its own: a statement, a scripted function, a part of a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.last = nn.Conv2d(4, 2, 1)
        self.scripted = torch.jit.script(scripted_halving)

    def forward(self, x: Tensor) -> Tensor:
        """Every line but the last changes what was there before."""
        y = self.conv(x)
        functional.relu_(y)
        self.scripted(y)
        y[:, 0] = 7
        return self.last(y)


def scripted_halving(x: Tensor) -> Tensor:
    """In place, and unseen by Python when scripted."""
    return x.mul_(0.5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_overwriting_that_python_does_not_see_falsifies_nothing() -> None:
    """Then everything is copied at once; and a change of a step whose output nobody takes still counts."""
    torch.manual_seed(0)
    model = Statement().eval()
    x = picture(shape=(1, 1, 6, 6))
    with torch.inference_mode():
        steps = capture(model, x)
        assert torch.equal(steps["conv"], model.conv(x))
        assert torch.equal(steps["relu"], model.conv(x).relu())
        off = capture(model, x, changes={"relu": torch.zeros_like})
    filled = torch.zeros(1, 4, 4, 4)
    filled[:, 0] = 7
    assert torch.equal(off["last"], model.last(filled))


class Deciding(nn.Module):
    """Asks for the value of a number, which a run without numbers cannot tell."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        """One way or another."""
        y: Tensor = self.conv(x)
        return -y if y.sum() > 0 else y


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_networks_that_no_summary_can_follow() -> None:
    """Modules are seen all the same; of a scripted one its output."""
    model = Deciding().eval()
    x = picture(shape=(1, 1, 6, 6))
    assert summarize(model, (1, 1, 6, 6)).untraced
    with torch.no_grad():
        assert torch.equal(capture(model, x)["conv"], model.conv(x))
        scripted = torch.jit.script(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True)))
        assert scripted.training
        steps = capture(scripted, x)
        assert scripted.training
        assert list(steps) == [""]
        assert torch.equal(steps[""], scripted(x))


def test_gradients_lead_from_the_end_to_a_step() -> None:
    """By a plain capture, and by a leaf in the step's place; both are what autograd finds in a network cut in two."""
    model = network("resnet18").requires_grad_(False)
    x = picture().requires_grad_()
    steps = capture(model, x, keep=["layer3.1.bn2", "fc"])
    (plain,) = torch.autograd.grad(steps["fc"][0, 3], steps["layer3.1.bn2"])
    leaf = steps["layer3.1.bn2"].detach().requires_grad_()
    cut = capture(model, picture(), keep=["fc", "layer3.1.bn2"], changes={"layer3.1.bn2": lambda _: leaf})
    assert cut["layer3.1.bn2"] is leaf
    (by_leaf,) = torch.autograd.grad(cut["fc"][0, 3], leaf)
    before = capture(model, picture(), keep=["layer3.1.conv1", "layer3.0.relu#2"])
    part = leaf.detach().requires_grad_()
    with torch.enable_grad():
        end = model.fc(model.avgpool(model.layer4((part + before["layer3.0.relu#2"]).relu())).flatten(1))
    (expected,) = torch.autograd.grad(end[0, 3], part)
    torch.testing.assert_close(plain, expected)
    torch.testing.assert_close(by_leaf, expected)
