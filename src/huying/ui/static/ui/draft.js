// draft.js: to come
