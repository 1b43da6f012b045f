"""What every process of the main environment stands on: settings, logs, problem+json, middlewares."""
