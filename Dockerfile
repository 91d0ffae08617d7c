# The two base images can be replaced, by a mirror's or by others of the same
# make: docker build --build-arg BUILD_IMAGE=... --build-arg BASE_IMAGE=... .
ARG BUILD_IMAGE=docker.io/library/golang:1.26
ARG BASE_IMAGE=scratch

# The compiler runs on the machine's own platform and compiles for the target's.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build
WORKDIR /src

# Go's own defaults hold unless the builder must ask somebody else.
ARG GOPROXY
ARG GOSUMDB

# Modules in a layer of their own: they change less often than the source.
COPY go.mod go.sum ./
RUN go mod download

# With .git, which is where `pullgate version` has its version and commit from.
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -tags grpcnotrace -ldflags "-s -w" -o /out/pullgate ./cmd/pullgate

# Nothing but the binary and the roots that registries are verified against: no
# shell, no libc, no writable directory.
FROM ${BASE_IMAGE}
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/pullgate /pullgate
LABEL org.opencontainers.image.title="pullgate" \
      org.opencontainers.image.source="https://github.com/pullgate/pullgate" \
      org.opencontainers.image.licenses="Apache-2.0"
# By number: runAsNonRoot cannot check a name.
USER 65532:65532
ENTRYPOINT ["/pullgate"]
