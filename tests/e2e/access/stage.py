"""What stands in the mesh before the cases, and what each one gets for itself."""

from tests.e2e.access.doors import Doors
from tests.e2e.access.people import PEOPLE, Token, Who
from tests.e2e.access.requests import BUILD, Asked, as_rest, named
from tests.e2e.access.targets import PASSWORD, PRODUCT, STANDING, Target, fresh
from tests.support.mesh import Answer


class Stage:
    """Makes resources through the gateway, as a user does. A `targets.Maker`."""

    def __init__(self, doors: Doors, client_secret: str) -> None:
        """`client_secret` is that of `targets.CLIENT`."""
        self._doors, self._secret = doors, client_secret
        self._make("CreateProduct", Target(product=PRODUCT), PEOPLE["admin"])
        for user in STANDING:
            self._make("CreateUser", Target(user=user), Who())
        self._orders = {user: self.order(user) for user in STANDING}

    def user(self) -> str:
        name = fresh("user")
        self._make("CreateUser", Target(user=name), Who())
        return name

    def order(self, user: str) -> str:
        made = self._make("CreateOrder", Target(user=user, product=PRODUCT), Who(Token(user)))
        return str(made.json()["id"])

    def cancelled(self, user: str) -> str:
        order = self.order(user)
        self._make("CancelOrder", Target(user=user, order=order), Who(Token(user)), 200)
        return order

    def product(self) -> str:
        name = fresh("product")
        self._make("CreateProduct", Target(product=name), PEOPLE["admin"])
        return name

    def refresh(self) -> str:
        made = self._make("Login", Target(user=self.user(), secret=PASSWORD), Who(), 200)
        return str(made.json()["refreshToken"])

    def client(self) -> str:
        return self._secret

    def standing(self, user: str) -> str:
        return self._orders[user]

    def _make(self, call: str, to: Target, who: Who, status: int = 201) -> Answer:
        asked: Asked = next(as_rest(named(self._doors.contract, call), BUILD[call](to)))
        answer = self._doors.rest(asked, who)
        assert answer.status == status, f"{call} of {to}: {answer.status} {answer.body.decode()}"
        return answer
