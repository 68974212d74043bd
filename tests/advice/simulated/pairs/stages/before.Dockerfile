FROM python:3.13 AS build
ARG COMMIT=dev
ENV COMMIT=$COMMIT
RUN python3 -m venv /opt/venv
COPY . /src
WORKDIR /src
RUN /opt/venv/bin/pip install -r requirements.txt
FROM python:3.13 AS final
ARG COMMIT=dev
ENV COMMIT=$COMMIT
RUN apt-get update && apt-get install -y libpq5
COPY --from=build /opt/venv /opt/venv
COPY app/ /app/
RUN /opt/venv/bin/python -m pytest /app
CMD ["app"]
