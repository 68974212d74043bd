FROM python:3.13 AS build
RUN python3 -m venv /opt/venv
WORKDIR /src
COPY requirements.txt /src/
RUN --mount=type=cache,target=/root/.cache/pip /opt/venv/bin/pip install -r requirements.txt
FROM python:3.13 AS final
RUN rm -f /etc/apt/apt.conf.d/docker-clean
RUN --mount=type=cache,target=/var/cache/apt --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y libpq5
COPY --from=build /opt/venv /opt/venv
COPY app/ /app/
ARG COMMIT=dev
ENV COMMIT=$COMMIT
RUN /opt/venv/bin/python -m pytest /app
CMD ["app"]
