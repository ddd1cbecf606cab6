ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE}
WORKDIR /app
COPY requirements.txt .
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    python3 -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt
COPY . .
CMD /venv/bin/python app.py
