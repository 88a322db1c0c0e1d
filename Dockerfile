# To the last byte: NODE_IMAGE=node@sha256:..., as `docker buildx imagetools inspect node:24.11.1-bookworm-slim` gives it.
ARG NODE_IMAGE=node:24.11.1-bookworm-slim

# glibc, not Alpine: the Temporal SDK's native part needs it.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM ${NODE_IMAGE}
# The native part checks TLS against the system's certificates, which the slim image lacks.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
# Exec form: node itself is process 1 and gets the SIGTERM that starts an orderly shutdown.
CMD ["node", "dist/cli/main.js", "worker", "--role", "all"]
