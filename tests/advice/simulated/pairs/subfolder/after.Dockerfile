FROM python:3.13
WORKDIR /app
COPY deploy/requirements.txt deploy/
RUN --mount=type=cache,target=/root/.cache/pip pip install -r deploy/requirements.txt
COPY . .
RUN python -m unittest
CMD ["app"]
