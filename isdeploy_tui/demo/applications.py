"""The two applications of the world: what visitors ask them for, how long that takes, and what they log about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Page:
    """Something that visitors ask for: seconds from ``fast`` to ``slow``; ``weight`` is how often, against the rest.

    ``log`` is what the application says about it; ``{id}``, ``{amount}`` and ``{count}`` are filled in.
    """

    uri: str
    weight: float
    fast: float
    slow: float
    logger: str
    log: str

    def seconds(self, rng: Random) -> float:
        """Draw how long it takes this time."""
        return rng.uniform(self.fast, self.slow)

    def line(self, rng: Random) -> str:
        """Return the line for one request."""
        return self.log.format(
            id=rng.randrange(100_000, 999_999), amount=f"{rng.randrange(3, 400) * 500:,}", count=rng.randrange(1, 60)
        )


@dataclass(frozen=True, slots=True)
class Application:
    """A web application: its Java package, the version that runs when the world begins, the next one, its pages."""

    name: str
    package: str
    version: str
    next_version: str
    pages: Sequence[Page]

    def pick(self, rng: Random) -> Page:
        """Draw a page by weight."""
        return rng.choices(self.pages, [page.weight for page in self.pages])[0]

    def page(self, uri: str) -> Page | None:
        """Return the page of that URI."""
        return next((page for page in self.pages if page.uri == uri), None)


SHOP = Application(
    "shop",
    "com.example.shop",
    "v4.1.9",
    "v4.2.0",
    (
        Page("/shop/", 30, 0.02, 0.12, "HomeController", "home rendered, {count} products"),
        Page("/shop/item", 35, 0.03, 0.20, "ItemController", "상품 조회 itemId={id} 재고={count}"),
        Page("/shop/cart", 15, 0.05, 0.30, "CartController", "장바구니 갱신 cartId={id} 금액={amount}원"),
        Page("/shop/order", 8, 0.40, 1.20, "OrderService", "주문 접수 orderId={id} 금액={amount}원"),
        Page("/api/stock", 8, 0.01, 0.05, "StockApi", "stock of {id}: {count}"),
        Page("/api/settlement", 4, 1.00, 4.00, "SettlementApi", "정산 집계 완료 {count}건 {amount}원"),
    ),
)

INTRA = Application(
    "intra",
    "com.example.intra",
    "2026.10",
    "2026.11",
    (
        Page("/intra/", 40, 0.02, 0.10, "PortalController", "portal for employee {id}"),
        Page("/intra/mail", 30, 0.05, 0.40, "InboxController", "받은 편지함 {count}통, 사번 {id}"),
        Page("/hr/leave", 20, 0.05, 0.30, "LeaveController", "휴가 신청 접수 no={id}"),
        Page("/hr/report", 10, 1.00, 4.00, "ReportController", "report {id}: {count} pages"),
    ),
)
