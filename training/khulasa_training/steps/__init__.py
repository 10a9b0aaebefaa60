"""The steps, one module each: `arguments` says what a step takes, `run` does it."""
