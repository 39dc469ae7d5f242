/* SPDX-License-Identifier: MIT */
#include "daemon/daemon.h"

int main(int argc, char *argv[])
{
	return bmsd_main(argc, argv);
}
