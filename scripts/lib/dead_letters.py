"""Lists the dead letters of the broker in TICKETD_AMQP_URL, replays them, or takes a buyer's orders out of them:

    dead_letters.py list|replay|check-queue
    TICKETD_ADDRESS=ada@example.com dead_letters.py erase   (the canonical form, as `ticketd --erase` says it)

check-queue fails while orders wait to be settled.

The formats are those of docs/architecture.md, "The message"; the names are those of messaging/queue_settings.hpp, against
which tests/unit/queue_settings_test.cpp holds them.
"""

import json
import os
import sys

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError

QUEUE = "ticketd.orders.dead"
ORDERS = "ticketd.orders"
EXCHANGE = "ticketd.orders"
DEAD_EXCHANGE = "ticketd.dead"
ROUTING_KEY = "orders"


def count_messages(connection, queue):
    """How many are waiting; None where the queue has not been declared yet."""
    channel = connection.channel()
    try:
        count = channel.queue_declare(queue, passive=True).method.message_count
    except ChannelClosedByBroker as closed:
        if closed.reply_code == 404:
            return None
        raise
    channel.close()
    return count


def reason_of(headers):
    headers = headers or {}
    if "x-ticketd-reason" in headers:
        return str(headers["x-ticketd-reason"])
    deaths = headers.get("x-death") or [{}]
    return f"broker: {deaths[0].get('reason', 'unknown')}, {deaths[0].get('count', '?')} times"


def contents_of(body):
    try:
        orders = json.loads(body)["orders"]
        return ", ".join(
            f"{order['id']} ({order['quantity']} x {order['event_id']}/{order['category_id']})" for order in orders
        )
    except (ValueError, KeyError, TypeError):
        return repr(body[:200])


def list_all(connection, count):
    # Taken without an acknowledgement: when the channel closes, the broker has them all again, where they were.
    channel = connection.channel()
    for number in range(1, count + 1):
        method, properties, body = channel.basic_get(QUEUE)
        if method is None:
            break
        print(f"{number}. {reason_of(properties.headers)}: {contents_of(body)}")
    channel.close()


def replay_all(connection, count):
    # No more than there were at first: an order that dies again must not go round for ever.
    channel = connection.channel()
    channel.confirm_delivery()
    replayed = 0
    for _ in range(count):
        method, _, body = channel.basic_get(QUEUE)
        if method is None:
            break
        # Returns when the broker has confirmed it, and only then is the dead letter let go: a crash in between leaves
        # two of it, which is one order all the same.
        channel.basic_publish(
            EXCHANGE,
            ROUTING_KEY,
            body,
            mandatory=True,
            properties=pika.BasicProperties(content_type="application/json", delivery_mode=2),
        )
        channel.basic_ack(method.delivery_tag)
        replayed += 1
    channel.close()
    print(f"replayed {replayed} dead letters")


def without_buyer(body, address):
    """The message without this buyer's orders: the same where it has none, b"" where nothing is left."""
    try:
        message = json.loads(body)
        orders = message["orders"]
        kept = [order for order in orders if order["buyer"]["email"] != address]
    except (ValueError, KeyError, TypeError):
        # Nothing can be taken out of what cannot be read.
        return b"" if address.encode() in body else body
    if len(kept) == len(orders):
        return body
    return json.dumps({**message, "orders": kept}, ensure_ascii=False).encode() if kept else b""


def erase_all(connection, count, address):
    channel = connection.channel()
    channel.confirm_delivery()
    erased = 0
    for _ in range(count):
        method, properties, body = channel.basic_get(QUEUE)
        if method is None:
            break
        left = without_buyer(body, address)
        if left == body:
            continue  # unacknowledged until the channel closes: then the broker has it again, where it was
        if left:
            properties.delivery_mode = 2
            channel.basic_publish(DEAD_EXCHANGE, ROUTING_KEY, left, mandatory=True, properties=properties)
        channel.basic_ack(method.delivery_tag)
        erased += 1
    channel.close()
    print(f"erased from {erased} dead letters")


def main():
    parameters = pika.URLParameters(os.environ["TICKETD_AMQP_URL"])
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = 10
    try:
        connection = pika.BlockingConnection(parameters)
        if sys.argv[1] == "check-queue":
            waiting = count_messages(connection, ORDERS)
            sys.exit(f"lab: {waiting} messages with orders wait to be settled: erase when they are" if waiting else 0)
        count = count_messages(connection, QUEUE)
        if not count:
            print("there are no dead letters")
        elif sys.argv[1] == "replay":
            replay_all(connection, count)
        elif sys.argv[1] == "erase":
            erase_all(connection, count, os.environ["TICKETD_ADDRESS"])
        else:
            list_all(connection, count)
        connection.close()
    except (UnroutableError, NackError):
        sys.exit("dead-letters: the broker did not take a message back: it stays a dead letter")
    except (AMQPError, OSError) as error:
        sys.exit(f"dead-letters: the broker is not there: {type(error).__name__} {error}")


main()
