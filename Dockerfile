# One image for every process of ours; docker-compose.yml says which process a container is.

FROM python:3.13-slim-trixie AS packages
COPY requirements-image.lock /tmp/
RUN python -m venv /opt/fascia \
 && /opt/fascia/bin/pip install --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --require-hashes -r /tmp/requirements-image.lock \
 && /opt/fascia/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin fascia
COPY --from=packages /opt/fascia /opt/fascia
ENV PATH=/opt/fascia/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1
WORKDIR /app
COPY docker/fascia docker/healthy /opt/fascia/bin/
COPY docker/make_secrets.py docker/
COPY services services
# compiled here, because a container cannot write beside its code
RUN python -m compileall -q services

USER 10001:10001
# gunicorn's own workers beat in a file: in memory, where a slow disk cannot stop them
ENV GUNICORN_CMD_ARGS="--bind=0.0.0.0:8000 --worker-class=gthread --threads=8 --worker-tmp-dir=/dev/shm --no-control-socket --log-level=warning" \
    WORKER_BEAT_FILE=/tmp/beat \
    FASCIA_URL=http://web:8000
EXPOSE 8000
ENTRYPOINT []
CMD ["fascia", "--help"]
