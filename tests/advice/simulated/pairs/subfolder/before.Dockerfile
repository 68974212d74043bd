FROM python:3.13
WORKDIR /app
COPY . .
RUN pip install -r deploy/requirements.txt
RUN python -m unittest
CMD ["app"]
