"""A real memory, fed by a patrol through one day, answers rightly where the things of the last round are."""

from itertools import islice

from loci.memory import Memory
from loci.sim.household import DAY, HOUR
from loci.sim.patrol import Noise, Patrol

ROUNDS = (7.5, 12.0, 19.5)


def test_same_seed_same_patrol(life):
    def told(seed):
        found = []
        for glance in islice(Patrol(life, seed=seed, noise=Noise.noisy(), rounds=(9.0,)).glances(0, DAY), 24):
            batch = glance.look()
            found.append((glance.stamp, glance.names, [d.points_cam.tobytes() for d in batch.detections]))
        return found

    assert told(1) == told(1)
    assert told(1) != told(2)


def _fed(life, noise, rounds=ROUNDS):
    """A memory after one day, the id last given to each thing, and when it was last reported."""
    memory = Memory.open(":memory:", clock=lambda: 0.0)
    ids, seen = {}, {}
    written = []

    class Tap:
        expected = staticmethod(memory.expected)

        def write(self, batch):
            written.append(memory.write(batch))

    for glance in Patrol(life, noise=noise, rounds=rounds).feed(Tap(), 0, DAY):
        for name, id in zip(glance.names, written[-1].ids, strict=True):
            if id is not None:
                ids[name], seen[name] = id, glance.stamp
    return memory, ids, seen


def _right(life, memory, ids, seen):
    """(right, asked): of the things seen in the last round and not moved since, where() names the true place."""
    end = max(seen.values())
    now = life.at(end)
    asked = right = 0
    for name, stamp in seen.items():
        if name in life.pieces or stamp < ROUNDS[-1] * HOUR or life.at(stamp).parent[name] != now.parent[name]:
            continue
        if now.parent[name] not in ids:
            continue
        asked += 1
        answer = memory.where(memory.get(ids[name]).id)
        right += bool(answer.value) and memory.get(answer.value[0]).id == memory.get(ids[now.parent[name]]).id
    return right, asked


def test_a_real_memory_knows_where_the_things_of_the_last_round_are(life):
    memory, ids, seen = _fed(life, Noise())
    right, asked = _right(life, memory, ids, seen)
    assert asked >= 25
    assert right >= 0.95 * asked
    furniture = {name: memory.get(id).id for name, id in ids.items() if name in life.pieces}
    assert len(set(furniture.values())) == len(furniture), "two pieces of furniture were taken for one"
    assert memory.count("fridge").value or memory.find("fridge")
    memory.close()


def test_a_real_memory_bears_noise(life):
    memory, ids, seen = _fed(life, Noise.noisy(), ROUNDS[1:])
    right, asked = _right(life, memory, ids, seen)
    assert asked >= 25
    assert right >= 0.85 * asked
    memory.close()
