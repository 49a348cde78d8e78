// live.js: to come
