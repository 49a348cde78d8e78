// map.js: to come
