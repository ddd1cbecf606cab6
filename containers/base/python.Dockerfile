# A small Python base image made of Debian packages, for rooms that reach no image registry.
# FROM is the root file system that `mmdebstrap` made and `docker import` brought in.
ARG DEBIAN_IMAGE=recitation/debian-base:trixie
FROM ${DEBIAN_IMAGE}

# python3-venv brings pip's wheel for `python3 -m venv`; nothing else is recommended in.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/man/*

CMD ["python3"]
