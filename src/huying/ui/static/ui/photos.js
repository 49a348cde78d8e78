// photos.js: to come
