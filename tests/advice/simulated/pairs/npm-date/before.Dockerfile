FROM node:22
ARG BUILD_DATE
ARG COMMIT
ENV APP_VERSION=$COMMIT
WORKDIR /usr/src/app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
RUN npm test
CMD ["node"]
