# syntax=docker/dockerfile:1
# The image holds one static binary and the root certificates: no shell, no package manager, nothing that can be written.
# `make image-root` makes the same root without a container engine, and `e2e/image/run` tests it.

ARG RUST_VERSION=1.95

FROM rust:${RUST_VERSION}-bookworm AS build
WORKDIR /src
COPY . .
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    make image-root IMAGE_ROOT=/image

FROM scratch
COPY --from=build /image /
USER 65532:65532
EXPOSE 8443 8081
ENTRYPOINT ["/usr/bin/gaitkeeper"]
CMD ["serve", "--config", "/etc/gaitkeeper/config/gaitkeeper.toml"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["/usr/bin/gaitkeeper", "healthcheck", "--config", "/etc/gaitkeeper/config/gaitkeeper.toml"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Gaitkeeper" \
      org.opencontainers.image.description="A CDS Hooks 2.0 service that answers with leg-pain guidance" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
