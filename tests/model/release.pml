/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release - issue, block and release as docs/PROTOCOL.md sections 3 to 5 have
 * them: N orders for one person's paper, a city that blocks (and later lifts)
 * while the batch that carries the block may be sent twice, a kiosk that may
 * redeem twice.
 *
 * Claims (asserted where they would break):
 *   1 nothing is issued or printed once a block is acknowledged and not lifted,
 *   2 an order is printed at most once,
 *   3 a record of the stream counts once.
 *
 * Wrong on purpose, each must be caught (model.sh):
 *   NO_LOCK      the compare and the insert of the issuing transaction are two steps
 *   NO_RELEASE   the kiosk prints what was issued without asking again
 *   NO_COMPARE   the release does not look at the block
 *   NO_SPENT     a release can be redeemed twice
 *   NO_SEQUENCE  the applier does not look at the batch's number
 *   EARLY_ACK    the block is acknowledged before it is committed
 */
#ifndef ORDERS
#define ORDERS 3
#endif

bool blocked = false;	/* at the replica, committed */
bool acked = false;	/* the city was told that it is in force */
byte version = 1;	/* of the person's row */
byte position = 0;	/* the stream's, moved with what it applies */
byte applied = 0;
bool issued[ORDERS];
bool spent[ORDERS];
byte printed[ORDERS];

/* Batches 1 (block) and 2 (lift) of one stream; the net may double each. */
chan wire = [3] of { byte };

inline print(i) {
	assert(!acked);
	printed[i]++;
	assert(printed[i] <= 1)
}

proctype Order(byte i) {
	byte seen;
	/* the snapshot: version and block belong together */
	atomic {
		if
		:: blocked -> goto refused
		:: else -> seen = version
		fi
	}
	skip; /* rendering holds no lock */
#ifdef NO_LOCK
	if
	:: blocked || version != seen -> goto refused
	:: else
	fi;
	atomic { assert(!acked); issued[i] = true }
#else
	atomic { /* FOR NO KEY UPDATE: compare and insert are one */
		if
		:: blocked || version != seen -> goto refused
		:: else -> assert(!acked); issued[i] = true
		fi
	}
#endif
	skip; /* the resident pays */
	byte tries = 0;
again:
#ifdef NO_RELEASE
	atomic { print(i) }
#else
	atomic {
		if
#ifndef NO_COMPARE
		:: blocked || version != seen -> goto refused
#endif
#ifndef NO_SPENT
		:: spent[i] -> goto refused
#endif
		:: else -> spent[i] = true; print(i)
		fi
	}
	/* the answer to a redeemed release may be lost: the kiosk asks once more */
	if
	:: tries == 0 -> tries++; goto again
	:: true
	fi;
#endif
refused:
	skip
}

proctype Applier() {
	byte seq;
end:
	do
	:: wire ? seq ->
#ifdef EARLY_ACK
		if
		:: seq == 1 -> acked = true
		:: else
		fi;
#endif
		atomic {
			if
#ifndef NO_SEQUENCE
			:: seq != position + 1 -> skip /* a replay is recognised */
#endif
			:: else ->
				position = seq;
				version++;
				applied++;
				assert(applied == position);
				if
				:: seq == 1 -> blocked = true
				:: seq == 2 -> acked = false; blocked = false
				:: else
				fi
			fi
		}
#ifndef EARLY_ACK
		/* the acknowledgement comes after the commit */
		atomic {
			if
			:: seq == 1 && blocked -> acked = true
			:: else
			fi
		}
#endif
	od
}

proctype City() {
	wire ! 1;
	if
	:: wire ! 1 /* no answer in time: sent again */
	:: true
	fi;
	if
	:: wire ! 2
	:: true
	fi
}

init {
	byte i;
	atomic {
		run Applier();
		run City();
		for (i : 0 .. ORDERS - 1) {
			run Order(i)
		}
	}
}
