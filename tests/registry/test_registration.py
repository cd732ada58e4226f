"""Registration in a real SQLite registry: once for one content, aliases where they belong."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from rehead.registry.packaging import Package
from rehead.registry.plan import RegisterPlan
from rehead.registry.promotion import Contender
from rehead.registry.registration import Registration, register
from rehead.registry.versions import CHALLENGER, CHAMPION, Versions

_numbers = itertools.count()


def _never(uri: str) -> float:
    raise AssertionError(f"{uri} was scored though its score is known")


@dataclass
class Desk:
    """Registers small stand-ins for packages under one name."""

    versions: Versions
    folder: Path

    def register(
        self,
        content: str,
        score: float,
        *,
        split: str = "split-1",
        classes: tuple[str, ...] = ("seed", "nut"),
        rule: RegisterPlan | None = None,
        rescore: Callable[[str], float | None] = _never,
        settings: str = "",
    ) -> Registration:
        package = self._package(content, settings)
        new = Contender(package.model_sha256, score, split, classes)
        tags = {
            "model_sha256": package.model_sha256,
            "package_sha256": package.package_sha256,
            "mask_AP": repr(score),
            "dataset_fingerprint": split,
            "classes": '["' + '", "'.join(classes) + '"]',
        }
        return register(package, new, rule or RegisterPlan(), versions=self.versions, rescore=rescore, tags=tags)

    def _package(self, content: str, settings: str) -> Package:
        folder = self.folder / content
        folder.mkdir(exist_ok=True)
        (folder / "MLmodel").write_text(content + settings)
        return Package(folder, content * 8, content + settings, content)

    def alias(self, alias: str) -> str | None:
        found = self.versions.holder(alias)
        return None if found is None else found.number


@pytest.fixture
def desk(registry_uri: str, tmp_path: Path) -> Desk:
    client = MlflowClient(tracking_uri=registry_uri, registry_uri=registry_uri)
    return Desk(Versions(client, registry_uri, f"model-{next(_numbers)}"), tmp_path)


def test_the_first_model_is_version_one_and_champion(desk: Desk) -> None:
    done = desk.register("a", 0.5)
    assert (done.version, done.alias, done.promoted, done.created) == (1, "champion", True, True)
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("1", "1")


def test_a_better_model_takes_the_champions_place(desk: Desk) -> None:
    desk.register("a", 0.5)
    assert desk.register("b", 0.6).promoted
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("2", "2")


def test_a_worse_model_is_the_challenger_only(desk: Desk) -> None:
    desk.register("a", 0.5)
    done = desk.register("b", 0.4)
    assert (done.version, done.alias, done.promoted) == (2, "challenger", False)
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("1", "2")


def test_the_same_content_twice_is_one_version(desk: Desk) -> None:
    desk.register("a", 0.5)
    done = desk.register("a", 0.5)
    assert (done.version, done.created, done.alias) == (1, False, "champion")


def test_a_then_b_then_a_moves_the_challenger_back(desk: Desk) -> None:
    registered = [desk.register(content, score).version for content, score in (("a", 0.5), ("b", 0.4), ("a", 0.5))]
    assert registered == [1, 2, 1]
    assert desk.alias(CHALLENGER) == "1"


def test_a_champion_packaged_anew_is_a_version_that_stays_champion(desk: Desk) -> None:
    desk.register("a", 0.5)
    done = desk.register("a", 0.5, settings="+50 megapixels")
    assert (done.version, done.alias, done.created) == (2, "champion", True)
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("2", "2")


def test_where_nothing_is_promoted_a_champion_packaged_anew_waits_as_the_challenger(desk: Desk) -> None:
    desk.register("a", 0.5)
    done = desk.register("a", 0.5, settings="+50 megapixels", rule=RegisterPlan(promote="never"))
    assert (done.version, done.alias, done.promoted) == (2, "challenger", False)
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("1", "2")
    assert done.because == "register.promote is `never`: the champion changes by hand alone"


def test_a_challenger_packaged_anew_leaves_the_champion_alone(desk: Desk) -> None:
    desk.register("a", 0.5)
    desk.register("b", 0.4)
    desk.register("b", 0.4, settings="+50 megapixels")
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("1", "3")


def test_going_back_to_old_settings_goes_back_to_the_old_version(desk: Desk) -> None:
    assert [desk.register("a", 0.5, settings=text).version for text in ("", "+50 megapixels", "")] == [1, 2, 1]
    assert (desk.alias(CHAMPION), desk.alias(CHALLENGER)) == ("1", "1")


def test_a_champion_registered_before_packages_were_told_apart_is_taken_over(desk: Desk) -> None:
    desk.register("a", 0.5)
    old = desk.versions.holder(CHAMPION)
    assert old is not None
    desk.versions.mark(old, {"package_sha256": ""})
    assert (desk.register("a", 0.5).version, desk.alias(CHAMPION)) == (2, "2")


def test_a_champion_scored_on_another_split_is_scored_on_this_one(desk: Desk) -> None:
    desk.register("a", 0.5)
    asked: list[str] = []

    def rescore(uri: str) -> float:
        asked.append(uri)
        return 0.7

    done = desk.register("b", 0.6, split="split-2", rescore=rescore)
    assert asked == [f"models:/{desk.versions.name}/1"]
    assert done.because == "mask AP 0.6000 against the champion's 0.7000 on the same test split: lower"


def test_a_champion_that_cannot_be_scored_stays(desk: Desk) -> None:
    desk.register("a", 0.5)

    def fail(uri: str) -> float:
        raise OSError("artifacts are gone")

    done = desk.register("b", 0.6, split="split-2", rescore=fail)
    assert not done.promoted
    assert "could not be scored" in done.because


def test_a_champion_of_other_classes_stays_unscored(desk: Desk) -> None:
    desk.register("a", 0.5)
    done = desk.register("b", 0.6, split="split-2", classes=("leaf",))
    assert (done.promoted, desk.alias(CHAMPION)) == (False, "1")


def test_a_known_model_scored_on_a_new_split_carries_the_new_score(desk: Desk) -> None:
    desk.register("a", 0.5)
    desk.register("a", 0.45, split="split-2")
    found = desk.versions.find("a")
    assert found is not None
    assert (found.tags["mask_AP"], found.tags["dataset_fingerprint"]) == ("0.45", "split-2")


def test_the_uploaded_files_are_the_packages(desk: Desk, registry_uri: str) -> None:
    import mlflow

    desk.register("a", 0.5)
    fetched = mlflow.artifacts.download_artifacts(f"models:/{desk.versions.name}@champion")
    assert (Path(fetched) / "MLmodel").read_text() == "a"


def test_a_champion_moved_by_another_hand_stops_the_promotion(desk: Desk) -> None:
    desk.register("a", 0.5)
    desk.register("b", 0.4)

    def meddle(uri: str) -> float:
        version = desk.versions.find("b")
        assert version is not None
        desk.versions.point(CHAMPION, version)
        return 0.1

    with pytest.raises(RuntimeError, match="moved while version 3 was compared"):
        desk.register("c", 0.6, split="split-2", rescore=meddle)
