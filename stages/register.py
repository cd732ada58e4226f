"""Package the detector, score the package, compare it with the champion, register it, and say who serves now."""

from pathlib import Path
from tempfile import TemporaryDirectory

from rehead.files import read_json, write_json
from rehead.params import read_params
from rehead.registry.packaging import package_detector, settings_of
from rehead.registry.plan import RegisterPlan
from rehead.registry.promotion import Contender
from rehead.registry.receipt import receipt_of, version_tags
from rehead.registry.registration import register
from rehead.registry.rescoring import check_agreement, refused_images, score_model
from rehead.registry.versions import open_versions
from rehead.reporting.model_card import write_model_card
from rehead.serving.images import Limits
from rehead.stage import run, stage
from rehead.tracking.lineage import lineage_tags


def main(*, detector: Path, dataset: Path, evaluation: Path, training: Path, receipt: Path, card: Path) -> None:
    """Write what became of the detector to `receipt`, and what a user of it should know to `card`."""
    with stage("register", inputs=[detector, dataset, evaluation, training], sections=["register"]):
        plan = read_params("register", RegisterPlan)
        scored, config, trained = read_json(evaluation), read_json(detector / "config.json"), read_json(training)
        box_ap, lineage, versions = scored["box"]["AP"], lineage_tags(), open_versions(plan.name)

        def mask_ap(location: str, name: str = "") -> float | None:
            most = config["model"]["max_detections"]
            return score_model(location, dataset, max_detections=most, name=name).mask["AP"]

        with TemporaryDirectory() as scratch:
            settings = settings_of(plan, scored)
            package = package_detector(detector, Path(scratch) / "model", settings=settings)
            check_agreement(mask_ap(str(package.folder), "the package"), scored["mask"]["AP"])

            fingerprint, classes = scored["dataset"]["fingerprint"], tuple(config["classes"])
            new = Contender(package.model_sha256, scored["mask"]["AP"], fingerprint, classes)
            tags = version_tags(package, new, box_ap=box_ap, lineage=lineage)
            run_id = trained.get("run_id")
            done = register(package, new, plan, versions=versions, rescore=mask_ap, tags=tags, run_id=run_id)

        refused = refused_images(dataset, Limits(max_pixels=settings.max_pixels))
        facts = receipt_of(done, new, box_ap=box_ap, lineage=lineage, refused=refused, serving=settings.as_dict())
        write_json(receipt, facts)
        write_model_card(card, {**facts, "evaluation": scored, "training": trained, "model": config["model"]})
        print(f"{done.name} version {done.version} is the {done.alias}: {done.because}")
        if refused:
            names = ", ".join(refused[:5])
            print(f"warning: too large for the served model (register.max_megapixels): {len(refused)} of test, {names}")


if __name__ == "__main__":
    run(main)
