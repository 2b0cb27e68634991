-- What the shop sells from the start. `PUT /price-list/:sku` changes it and adds to it.
INSERT INTO "price_list" ("sku", "cents", "currency", "said_at") VALUES
	('cocoa', 620, 'EUR', now()),
	('coffee', 890, 'EUR', now()),
	('honey', 745, 'EUR', now()),
	('kettle', 4900, 'EUR', now()),
	('mug', 1250, 'EUR', now()),
	('tea', 495, 'EUR', now()),
	('teapot', 3490, 'EUR', now());
