"""Trains gist-ar-en, the model that khulasa embeds; `python -m khulasa_training` lists the steps."""
