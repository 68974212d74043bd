FROM python:3.13
WORKDIR /app
COPY app/ app/
COPY tests/ tests/
COPY requirements.txt .
RUN apt-get update && apt-get install -y libpq-dev
RUN pip install -r requirements.txt
RUN python -m unittest
CMD ["app"]
