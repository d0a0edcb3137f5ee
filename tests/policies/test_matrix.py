"""Each connector's files go through its own role, with its own external ID, to its own folder: nothing else does.

Judged by iam-simulate, for twenty connectors, in every combination.
"""

import json
import unittest
from typing import Any

from cells import act, around, assume, doors, encrypt, judge, owner, role_session, strangers, wrong
from cloudformation import Place, Stack, load
from world import (CONNECTORS, CUSTOMER_ROLE, VENDOR, assume_role_requests, customers, parameters, session_policies,
                   setups, vendor_role)

ALL = range(CONNECTORS)


class TheMatrix(unittest.TestCase):
    """Connector × role × external ID × folder."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.customers = customers()
        cls.sessions = session_policies(cls.customers)
        cls.exporter_name = cls.customers[0].stack.values["VendorRoleName"]
        assert cls.exporter_name == vendor_role("ExporterRole").name, "customers trust the role of template.yaml"
        cls.exporter = role_session("the exporter", cls.exporter_name, vendor_role("ExporterRole").policy, trusted=True)

    def test_only_the_diagonal_delivers(self) -> None:
        """Of all ways from a connector over a role and an external ID to a folder only its own leads there."""
        cases = [(i, j, k) for i in ALL for j in ALL for k in ALL]
        assuming = [self.for_connector(i, j, k) for i, j, k in cases]
        putting = [act(self.customers[j], self.sessions[i], self.customers[p], i == j == p,
                       f"connector {i} through role {j} into folder {p}") for i, j, p in cases]
        verdicts = judge(assuming + putting)
        assumed = dict(zip(cases, verdicts[:len(cases)], strict=True))
        put = dict(zip(cases, verdicts[len(cases):], strict=True))
        self.assertEqual([case for case, got in assumed.items() if got], [(i, j, j) for i in ALL for j in ALL],
                         "a role opens to its own external ID only, whichever connector it is tried for")
        self.assertEqual([case for case, got in put.items() if got], [(i, i, i) for i in ALL],
                         "a session made for a connector reaches its own folder only")
        delivered = [(i, j, k, p) for i, j, k in cases if assumed[i, j, k] for p in ALL if put[i, j, p]]
        self.assertEqual(delivered, [(i, i, i, i) for i in ALL])
        print(f"\n  {len(verdicts):,} verdicts; {CONNECTORS ** 4:,} ways, {len(delivered)} of them open")

    def for_connector(self, connector: int, role: int, external_id: int):
        """The exporter, working for a connector, asks for a role with an external ID."""
        what = f"connector {connector} asks for role {role} with external ID {external_id}"
        return assume(self.exporter, self.customers[role], self.customers[external_id].external_id,
                      role == external_id, what)

    def test_a_role_opens_to_one_role_of_the_vendor_and_never_without_its_external_id(self) -> None:
        callers = [self.exporter, *strangers(self.exporter_name)]
        self.assertEqual(wrong([cell for one in self.customers for cell in doors(one, callers)]), [])

    def test_while_an_external_id_is_rotated_both_work(self) -> None:
        old, new = "af-" + "a" * 32, "af-" + "b" * 32
        one = self.customers[0]
        stack = type(one.stack)(one.stack.template, one.stack.place, one.stack.given | {"ExternalId": f"{new},{old}"})
        rotating = type(one)(one.number, stack)
        cells = [assume(self.exporter, rotating, guess, guess in (old, new), f"external ID {guess}")
                 for guess in (old, new, f"{new},{old}", one.external_id, None)]
        self.assertEqual(wrong(cells), [])

    def test_a_role_does_nothing_but_put_new_files_below_its_prefix(self) -> None:
        """Both with the session policy and, if that were ever left out, with the role's own rights."""
        cells = []
        for one, session in zip(self.customers, self.sessions, strict=True):
            sessions = {"its session policy": session, "no session policy": None}
            cells += [act(one, given, one, True, f"role {one.number} with {name}: PutObject")
                      for name, given in sessions.items()]
            cells += [*around(one, sessions), *owner(one)]
            for other in self.customers:
                if other is not one:
                    cells.append(act(one, None, other, False, f"role {one.number} alone into folder {other.number}"))
        self.assertEqual(wrong(cells), [])

    def test_a_role_uses_its_own_key_and_only_to_encrypt(self) -> None:
        with_key = [(one, session) for one, session in zip(self.customers, self.sessions, strict=True) if one.key]
        self.assertGreaterEqual(len(with_key), 5)
        cells = [encrypt(role, session, other.key, role is other, f"role {role.number} with the key of {other.number}")
                 for role, session in with_key for other, _ in with_key]
        without = next(one for one in self.customers if not one.key)
        cells.append(encrypt(without, None, with_key[0][0].key, False, "a role that was given no key"))
        for role, session in with_key:
            for action in ("kms:GenerateDataKey", "kms:Decrypt"):
                # Behind a Bucket Key S3 decrypts the data key again. The session's holder can't do so directly.
                cells += [encrypt(role, session, role.key, via == "s3", f"role {role.number}: {action} by way of {via}",
                                  action=action, via=via) for via in ("s3", "dynamodb", None)]
                cells += [encrypt(role, session, role.key, False, f"role {role.number}: {other}", action=other)
                          for other in ("kms:Encrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:DescribeKey")]
            cells += [act(role, session, role, False, f"role {role.number} reads", action=action, context={})
                      for action in ("s3:GetObject", "s3:GetObjectVersion")]
        self.assertEqual(wrong(cells), [])

    def test_the_exporter_asks_for_roles_on_its_own_path_in_other_accounts_only(self) -> None:
        """Its own policy holds it back even where a trust policy would let it in."""
        cells = []
        for account, role, promised in [
            ("300000000001", "auditferry/AuditferryDelivery", True),
            ("300000000001", "AuditferryDelivery", False),
            ("300000000001", "other/auditferry/AuditferryDelivery", False),
            ("300000000001", "OrganizationAccountAccessRole", False),
            (VENDOR, "auditferry/AuditferryDelivery", False),
            (VENDOR, "auditferry-exporter", False),
        ]:
            open_door = {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "sts:AssumeRole"}]}
            asked = assume(self.exporter, self.customers[0], None, promised, f"the exporter asks for {account} {role}")
            cells.append(type(asked)(**{**vars(asked), "resource": f"arn:aws:iam::{account}:role/{role}",
                                        "account": account, "of_resource": open_door}))
        self.assertEqual(wrong(cells), [])

    def test_what_the_exporter_sends_is_as_short_lived_as_it_can_be_and_names_the_right_role(self) -> None:
        forms = assume_role_requests([one.destination() for one in self.customers])
        for one, form in zip(self.customers, forms, strict=True):
            self.assertEqual((form["RoleArn"], form["ExternalId"], form["DurationSeconds"]),
                             (one.outputs["RoleArn"], one.external_id, "900"))
            self.assertLess(len(form["Policy"]), 2048)


class ByHand(unittest.TestCase):
    """A role created by hand from `setup`'s output is the template's."""

    def test_the_policies_to_make_by_hand_are_those_of_the_template(self) -> None:
        def bare(value: Any) -> Any:
            """Without the statements' names, and a list of one as the one."""
            if isinstance(value, list):
                return bare(value[0]) if len(value) == 1 else [bare(one) for one in value]
            if isinstance(value, dict):
                return {key: bare(one) for key, one in value.items() if key != "Sid"}
            return value

        all_of = customers()
        for one, setup in zip(all_of, setups(all_of), strict=True):
            self.assertEqual(bare(setup["trust_policy"]), bare(one.trust), one.number)
            self.assertEqual(bare(setup["permissions_policy"]), bare(one.permissions[0]), one.number)
            self.assertEqual(setup["role_name"], one.role["RoleName"])


class OtherPartitions(unittest.TestCase):
    """China, GovCloud and the European Sovereign Cloud have ARNs of their own."""

    def test_the_template_names_its_own_partition_everywhere(self) -> None:
        for partition, region in [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")]:
            _, given = parameters(3)
            stack = Stack(load(CUSTOMER_ROLE), Place("300000000003", region, partition), given)
            policies = json.dumps([stack.resource(name) for name in ("DeliveryRole", "BucketPolicy")])
            self.assertIn(f"arn:{partition}:iam::{VENDOR}:root", policies)
            self.assertNotIn("arn:aws:", policies)


if __name__ == "__main__":
    unittest.main()
