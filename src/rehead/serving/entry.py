"""The file that MLflow runs to make the model: it is copied into the model folder and run there, never imported."""

from mlflow.models import set_model

from rehead.serving.model import DetectorModel

set_model(DetectorModel())
