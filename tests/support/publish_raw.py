"""Publishes its argument as it stands, as a persistent message, to the exchange of orders: what no api would send."""

import os
import sys

import pika

EXCHANGE = "ticketd.orders"
ROUTING_KEY = "orders"

connection = pika.BlockingConnection(pika.URLParameters(os.environ["TICKETD_AMQP_URL"]))
channel = connection.channel()
channel.confirm_delivery()
channel.basic_publish(
    EXCHANGE,
    ROUTING_KEY,
    sys.argv[1].encode("utf-8"),
    pika.BasicProperties(content_type="application/json", delivery_mode=2),
    mandatory=True,
)
connection.close()
