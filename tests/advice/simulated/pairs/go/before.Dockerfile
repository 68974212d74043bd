FROM golang:1.25 AS build
ARG VERSION=dev
WORKDIR /src
COPY . .
RUN go mod download
RUN go build -ldflags "-X main.version=$VERSION" -o /out/app ./cmd
FROM debian:12
ARG VERSION=dev
RUN apt-get update && apt-get install -y ca-certificates
COPY --from=build /out/app /usr/bin/app
CMD ["app"]
