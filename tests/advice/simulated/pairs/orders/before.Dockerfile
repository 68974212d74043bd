FROM python:3.13
ARG GIT_SHA=dev
ENV GIT_SHA=$GIT_SHA
RUN apt-get update && apt-get install -y gcc libpq-dev
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /srv/app
COPY . .
RUN pip install -r requirements.txt
RUN python -m unittest -v
CMD ["app"]
