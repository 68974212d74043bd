FROM node:22
WORKDIR /usr/src/app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
ARG BUILD_DATE
ARG COMMIT
ENV APP_VERSION=$COMMIT
RUN npm run build
RUN npm test
CMD ["node"]
