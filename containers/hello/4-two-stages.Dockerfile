ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE} AS build
COPY requirements-needed.txt .
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    python3 -m venv /venv \
    && /venv/bin/pip install --no-cache-dir -r requirements-needed.txt \
    && /venv/bin/python -m pip uninstall --yes pip

FROM ${BASE_IMAGE}
RUN mkdir /data && chown 10001:10001 /data
COPY --from=build /venv /venv
WORKDIR /app
COPY app.py .
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=2s --timeout=2s --start-period=10s \
    CMD ["/venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz')"]
CMD ["/venv/bin/python", "app.py"]
