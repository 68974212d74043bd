"""From analyses to advice: what to change in a Dockerfile or a CI job, and what it would save."""
