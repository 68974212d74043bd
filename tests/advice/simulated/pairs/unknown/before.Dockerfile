FROM debian:12
ARG GIT_SHA=dev
RUN apt-get update && apt-get install -y curl
RUN curl -fsSL https://example.com/tool -o /usr/bin/tool
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
RUN python -m pytest
CMD ["app"]
