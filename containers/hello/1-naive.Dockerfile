ARG BASE_IMAGE=python:3.13-slim
FROM ${BASE_IMAGE}
RUN apt-get update && apt-get install -y build-essential python3-dev
WORKDIR /app
COPY . .
RUN --mount=type=secret,id=ca \
    if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    python3 -m venv /venv && /venv/bin/pip install -r requirements.txt
CMD /venv/bin/python app.py
