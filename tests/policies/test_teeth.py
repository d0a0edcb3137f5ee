"""Every restriction in the templates has an effect: without it, something is allowed that the matrix promises is denied.

A test that can't fail proves nothing. So each condition, action and resource of each statement is taken away or
widened in turn, in the template itself, and the same questions are asked again. The list of what is tried follows
from the templates, so a new condition is tried as soon as it is written.
"""

import copy
import unittest
from typing import Any

from cells import Cell, act, around, doors, encrypt, judge, owner, role_session, strangers, wrong
from cloudformation import load
from mutants import at, idle, mutants, statements
from world import CUSTOMER_ROLE, VENDOR_STACK, Customer, customers, session_policies, vendor_role

# One with a new bucket and a key; two that share account and bucket.
NUMBERS = (0, 18, 19)


class Teeth(unittest.TestCase):
    """Each restriction loosened in turn."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = load(CUSTOMER_ROLE)
        cls.exporter_name = customers(cls.template, NUMBERS)[0].stack.values["VendorRoleName"]
        cls.vendor = load(VENDOR_STACK)

    def cells(self, all_of: list[Customer], vendor: dict[str, Any] | None = None) -> list[Cell]:
        """What is promised about these customers. The roles are asked with their own rights: a session policy would
        hide what a role may do too much."""
        policy = vendor_role("ExporterRole", vendor or self.vendor).policy
        callers = [role_session("the exporter", self.exporter_name, policy, trusted=True),
                   *strangers(self.exporter_name)]
        cells = []
        for one in all_of:
            cells += [*doors(one, callers), *around(one, {"no session policy": None}), *owner(one)]
            cells += [act(one, None, other, one is other, f"role {one.number} into folder {other.number}")
                      for other in all_of]
            if one.key:
                cells.append(encrypt(one, None, one.key, True, f"role {one.number} with its key"))
        return cells

    def test_as_they_are_the_templates_hold_every_promise(self) -> None:
        self.assertEqual(wrong(self.cells(customers(self.template, NUMBERS))), [])

    def test_each_lock_of_the_customers_template_holds_something(self) -> None:
        tried = list(mutants(self.template))
        names = [mutant.name for mutant in tried]
        for lock in ("without StringEquals sts:ExternalId", "without ArnEquals aws:PrincipalArn", "any folder", "s3:*"):
            self.assertTrue(any(lock in name for name in names), f"{lock} is not among what is tried: {names}")
        print()
        self.assertEqual(idle(tried, lambda changed: self.cells(customers(changed, NUMBERS))), [],
                         "these can be loosened and no test sees it")

    def test_each_lock_of_the_exporters_own_policy_holds_something(self) -> None:
        """The two statements about roles; here every role trusts the vendor's account unconditionally."""
        self.assertEqual(self.reachable(self.vendor), {("customer", "auditferry/AuditferryDelivery")})
        tried = 0
        for mutant in mutants(self.vendor, ("Resources", "ExporterRole")):
            if mutant.name in ("AssumeCustomerRoles: any resource", "NeverAssumeRolesOfThisAccount: left out"):
                tried += 1
                self.assertGreater(len(self.reachable(mutant.template)), 1, f"{mutant.name}: nothing opened")
        self.assertEqual(tried, 2)

    def reachable(self, vendor: dict[str, Any]) -> set[tuple[str, str]]:
        """Which roles that trust the vendor without conditions the exporter could assume."""
        policy = vendor_role("ExporterRole", vendor).policy
        caller = role_session("the exporter", self.exporter_name, policy)
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}]}
        asked = {(whose, role): Cell(
            f"{whose} {role}", False, caller.principal, "sts:AssumeRole", f"arn:aws:iam::{account}:role/{role}", account,
            [policy], of_resource=trust, context={"aws:PrincipalArn": caller.arn},
        ) for whose, account in (("customer", "300000000001"), ("vendor", "111111111111"))
            for role in ("auditferry/AuditferryDelivery", "Admin")}
        return {place for place, verdict in zip(asked, judge(list(asked.values())), strict=True) if verdict}

    def test_the_account_in_the_principal_is_a_second_lock(self) -> None:
        """Either it or `aws:PrincipalArn` denies other accounts; without both they are allowed."""
        path = next(path for path in statements(self.template) if "Principal" in at(self.template, path))

        def outsiders(*, any_principal: bool, any_arn: bool) -> list[str]:
            changed = copy.deepcopy(self.template)
            statement = at(changed, path)
            if any_principal:
                statement["Principal"] = {"AWS": "*"}
            if any_arn:
                del statement["Condition"]["ArnEquals"]
            cells = self.cells(customers(changed, [0]))
            return [message for message in wrong(cells) if "in another account" in message]

        self.assertEqual(outsiders(any_principal=True, any_arn=False), [])
        self.assertEqual(outsiders(any_principal=False, any_arn=True), [])
        self.assertTrue(outsiders(any_principal=True, any_arn=True))

    def test_without_its_session_policy_a_session_reaches_whatever_its_role_may(self) -> None:
        """A session of connector 18 that obtained role 19 does nothing; without its policy it would deliver."""
        eighteen, nineteen = customers(self.template, [18, 19])
        policy = session_policies([eighteen])[0]
        cells = [act(nineteen, session, nineteen, session is None, what)
                 for session, what in ((policy, "with its session policy"), (None, "without it"))]
        self.assertEqual(wrong(cells), [])


if __name__ == "__main__":
    unittest.main()
