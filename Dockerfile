# skewcheck as an image: docker build -t skewcheck . && docker run --rm --read-only --cap-drop ALL skewcheck check
#
# From python:3.x-slim and not from a smaller base: glibc's resolver is the one that hosts have, the authorities for
# TLS are in it, and its security updates come with its tag. Pinned by the minor version, which decides what is in
# the standard library and where; all below that is a fix. Alpine would save 30 MB and bring another resolver.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
# Named one by one: whatever else lies in the folder (.git, .venv) can't get into the image.
COPY pyproject.toml README.md LICENSE /src/
COPY skewcheck /src/skewcheck
# An environment without pip of its own: nothing in it can install anything at run time.
RUN python -m venv --without-pip /opt/skewcheck
RUN python -m pip --python /opt/skewcheck/bin/python install --no-cache-dir --no-compile /src
# On a read-only root nothing can be compiled later, so it is now. unchecked-hash: byte code is taken as it is,
# whatever copying a layer makes of the sources' dates.
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/skewcheck/lib

FROM python:${PYTHON}-slim
# The base has its standard library without byte code: each start would compile it anew, and take nearly three times as
# long (`check` in a container: 0.38 s for 0.13 s).
RUN python -m compileall -q --invalidation-mode unchecked-hash \
    -x '/(ensurepip|idlelib|pydoc_data|site-packages|tkinter|turtledemo)/' /usr/local/lib
COPY --from=build /opt/skewcheck /opt/skewcheck
ENV PATH=/opt/skewcheck/bin:$PATH
# By number, so that runAsNonRoot can tell; any other will do as well, with or without a name.
USER 65532:65532
WORKDIR /
ENTRYPOINT ["/opt/skewcheck/bin/skewcheck"]
# No HEALTHCHECK: it runs once and ends, and its exit code is the answer.
CMD ["check"]
