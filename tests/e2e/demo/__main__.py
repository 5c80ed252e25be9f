"""`make demo`: the story of the reference application on a throw-away mesh; status 1 if a step fails."""

import sys

from tests.e2e.demo.story import STORY, Scene
from tests.support.mesh import running


def main() -> int:
    """Start a mesh, walk through the story, stop the mesh."""
    print("Starting a throw-away mesh on free ports …", flush=True)
    with running() as mesh:
        scene = Scene(mesh)
        print(f"The gateway listens on http://{scene.rest.address}\n", flush=True)
        for number, step in enumerate(STORY, 1):
            print(f"{number}. {(step.__doc__ or step.__name__).strip()}", flush=True)
            try:
                step(scene)
            except AssertionError as error:
                print(f"   ✗ this step did not hold: {error}", flush=True)
                return 1
        print("\nEvery step held. To come: login page, jobs, webhooks, Go and TypeScript.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
