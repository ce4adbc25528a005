# The gateway alone, for a MongoDB that GATEWAY_MONGODB_URI names; compose.yaml runs both.
FROM node:22-slim@sha256:83f487e0a63425e5b4d146fb5e5be574bcbe1b7b843d3ebafdd95eaf7767a7e5 AS pages
WORKDIR /gateway/app/pages/static/graphiql
COPY app/pages/static/graphiql/ ./
RUN npm ci --no-audit --no-fund

FROM python:3.11-slim@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93 AS packages
WORKDIR /gateway
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY resolvers/ resolvers/
COPY schema/ schema/
COPY app/ app/
COPY docs/ docs/
# Editable: the pages are read where they stand, beside the code.
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir -c constraints.txt -e ".[otel]"

FROM python:3.11-slim@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93
RUN useradd --system --uid 10001 gateway && install -d -o gateway -m 700 /data
WORKDIR /gateway
COPY --from=packages /gateway/ ./
COPY --from=pages /gateway/app/pages/static/graphiql/ app/pages/static/graphiql/
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 GATEWAY_HOST=0.0.0.0 GATEWAY_DATA_DIR=/data
USER gateway
EXPOSE 8000
HEALTHCHECK --start-period=60s --interval=10s --timeout=5s CMD ["/gateway/.venv/bin/python", "-c", \
    "import os, ssl, urllib.request as web; \
     scheme = 'https' if os.environ.get('GATEWAY_TLS_CERTIFICATE') else 'http'; \
     own = ssl._create_unverified_context(); \
     web.urlopen(scheme + '://127.0.0.1:8000/healthz', timeout=4, context=own)"]
ENTRYPOINT ["/gateway/.venv/bin/python", "-m", "app.cli"]
CMD ["serve"]
