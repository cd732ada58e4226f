"""Fine-tuning: a generator of epochs that knows neither MLflow nor Optuna."""
