"""The topology of a phase as inline SVG: what runs, who calls whom, what is new, and what the drill breaks."""

from html import escape

from .plan import Phase

WIDTH, HEIGHT = 850, 250
_BOX = (104, 38)
_PLACES = {
    "buyers": (62, 120),
    "nginx": (202, 120),
    "redis": (494, 35),
    "rabbitmq": (494, 120),
    "worker-1": (646, 120),
    "db": (494, 205),
    "payments": (788, 120),
}
_NAMES = {
    "db": "PostgreSQL",
    "redis": "Redis",
    "rabbitmq": "RabbitMQ",
    "nginx": "Nginx",
    "worker-1": "worker",
    "payments": "payments",
    "buyers": "buyers",
}
_PAST = {"stop": "stopped in the drill", "kill": "killed in the drill"}
_NEW = {1: {"api-1", "db"}, 2: {"redis"}, 3: {"rabbitmq", "worker-1"}, 4: {"api-2", "api-3"}, 5: set()}


def new_in(phase: Phase) -> set[str]:
    """The services that are drawn as new."""
    return _NEW[phase.number]


def draw(phase: Phase, services: list[str]) -> str:
    """`services` as the lab has them in that phase."""
    replicas = [service for service in services if service.startswith("api-")]
    places = dict(_PLACES)
    places |= {name: (342, 120 + 85 * (at - (len(replicas) - 1) / 2)) for at, name in enumerate(replicas)}
    if phase.number < 3:
        places["payments"] = _PLACES["rabbitmq"]  # the api itself pays
    broken = {service: _PAST[verb] for verb, service in phase.breaks}
    parts = [_edge(phase, places, *edge) for edge in _edges(phase, replicas)]
    order = ("nginx", *replicas, "db", "payments", "redis", "rabbitmq", "worker-1")
    shown = ["buyers", *(name for name in order if name in services)]
    parts += [_node(places[name], _NAMES.get(name, name), name in new_in(phase), broken.get(name)) for name in shown]
    title = escape(
        f"Topology of phase {phase.number}, {phase.name}: {', '.join(_NAMES.get(name, name) for name in shown)}"
    )
    return (
        f'<svg class="topology" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f"<defs>{_tip(phase, False)}{_tip(phase, True)}</defs>{''.join(parts)}</svg>"
    )


def broken_by(phase: Phase) -> str:
    """What the drill does while its fault lasts, in a few words."""
    verbs = {"stop": "stopped", "kill": "killed"}
    return (
        ", ".join(f"{_NAMES.get(service, service)} {verbs[verb]}" for verb, service in phase.breaks)
        or "a storm of readers"
    )


def _tip_name(phase: Phase, is_new: bool) -> str:
    return f"tip-{phase.number}{'-new' * is_new}"


def _tip(phase: Phase, is_new: bool) -> str:
    return (
        f'<marker id="{_tip_name(phase, is_new)}" class="tip{" new" * is_new}" viewBox="0 0 8 8" '
        'refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto" markerUnits="userSpaceOnUse"><path d="M0 0 8 4 0 8z"/></marker>'
    )


def _edges(phase: Phase, replicas: list[str]) -> list[tuple[str, str, bool]]:
    """From, to, and whether the path of a purchase is new with this phase."""
    is_async, is_coalescing = phase.number >= 3, phase.number == 5
    edges = [("buyers", "nginx", False)]
    for api in replicas:
        edges += [("nginx", api, phase.number == 4), (api, "db", phase.number == 1)]
        if phase.number >= 2:
            edges.append((api, "redis", phase.number == 2))
        edges.append(
            (api, "rabbitmq", phase.number == 3 or is_coalescing) if is_async else (api, "payments", phase.number == 1)
        )
    if is_async:
        edges += [
            ("rabbitmq", "worker-1", phase.number == 3 or is_coalescing),
            ("worker-1", "db", phase.number == 3 or is_coalescing),
            ("worker-1", "redis", False),
            ("worker-1", "payments", phase.number == 3),
        ]
    return edges


def _edge(phase: Phase, places: dict, start: str, end: str, is_new: bool) -> str:
    (x1, y1), (x2, y2) = places[start], places[end]
    half_width, half_height = _BOX[0] / 2, _BOX[1] / 2
    if x1 == x2 or abs(x2 - x1) < half_width:
        y1 += half_height if y2 > y1 else -half_height
        y2 += -half_height if y2 > y1 else half_height
    else:
        x1 += half_width if x2 > x1 else -half_width
        x2 += -half_width - 2 if x2 > x1 else half_width + 2
    return f'<line class="edge{" new" * is_new}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" marker-end="url(#{_tip_name(phase, is_new)})"/>'


def _node(place: tuple[float, float], name: str, is_new: bool, broken: str | None) -> str:
    (x, y), (width, height) = place, _BOX
    box_class = "node" + " new" * is_new + " broken" * bool(broken)
    note = " · ".join(filter(None, ("new" if is_new else None, broken)))
    label = f'<text x="{x}" y="{y + 5}">{escape(name)}</text>'
    tag = f'<text class="tag" x="{x}" y="{y + height / 2 + 13}">{note}</text>'
    return (
        f'<g class="{box_class}"><rect x="{x - width / 2}" y="{y - height / 2}" width="{width}" height="{height}" rx="7"/>'
        f"{label}{tag if note else ''}</g>"
    )
