/* SPDX-License-Identifier: MIT */
/*
 * What vebus-bms-ngctl prints of picture_fill() and picture_fill_unknown(),
 * to the byte.
 */
#ifndef BMS_TESTS_CTL_GOLDEN_H
#define BMS_TESTS_CTL_GOLDEN_H

static const char status_text[] =
"State of charge       11.5 %\n"
"Voltage               25.60 V\n"
"Current               -21.0 A (discharging)\n"
"Power                 -538 W\n"
"Allowed to charge     yes\n"
"Allowed to discharge  no\n"
"                      battery 2 cell 7 low: 2.791 V (limit 2.800 V)"
"  [cell-low:2.7:2.791:2.800]\n"
"Lowest cell           2.791 V  battery 2 cell 7\n"
"Highest cell          3.207 V  battery 1 cell 8\n"
"Cell temperature      -1.2 °C to 21.5 °C\n"
"Bank                  2 batteries, 16 cells; 1 in series, 2 in parallel; "
"25.6 V, 560 Ah\n"
"Current limits        charge 168.0 A, discharge 0.0 A\n"
"Mode                  on, remote on\n"
"Outputs               load-disconnect floating, charge-disconnect high, "
"pre-alarm high\n"
"                      virtual: a simulation, no line is switched\n"
"Inverter/charger      charger-only, Bulk, mains present, 25.55 V, "
"-20.5 A\n"
"Warnings              W-B07  Low SoC\n"
"Alarms                A-B01  Low cell voltage\n"
"Errors                none\n";

static const char unknown_text[] =
"State of charge       -\n"
"Voltage               -\n"
"Current               -\n"
"Power                 -\n"
"Allowed to charge     no\n"
"                      battery 1: no complete reading yet  [unknown:1::]\n"
"                      battery 2: no complete reading yet  [unknown:2::]\n"
"Allowed to discharge  no\n"
"                      battery 1: no complete reading yet  [unknown:1::]\n"
"                      battery 2: no complete reading yet  [unknown:2::]\n"
"Lowest cell           -\n"
"Highest cell          -\n"
"Cell temperature      - to -\n"
"Bank                  2 batteries, - cells; - in series, - in parallel; "
"-, -\n"
"Current limits        charge -, discharge -\n"
"Mode                  on, remote off\n"
"Outputs               load-disconnect floating, charge-disconnect "
"floating, pre-alarm floating\n"
"                      virtual: a simulation, no line is switched\n"
"Inverter/charger      not connected\n"
"Warnings              none\n"
"Alarms                none\n"
"Errors                none\n";

static const char batteries_text[] =
"Battery 1  online, last sample 0.2 s ago\n"
"  is        JK_PB2A16S20P, serial JK-0001, firmware 15.38, "
"bus rack address 1\n"
"  has       25.63 V, -10.5 A, 11.5 % of 280 Ah, 12 cycles\n"
"  cells     lowest 3.200 V (1), highest 3.207 V (8), apart 7 mV\n"
"            3.200  3.201  3.202  3.203  3.204  3.205  3.206  3.207\n"
"  sensors   21.5 °C, -1.2 °C\n"
"  switches  charge on, discharge off, balancing\n"
"  allows    charge yes, discharge yes\n"
"\n"
"Battery 2  online, last sample 0.5 s ago\n"
"  is        JK_PB2A16S20P, serial JK-0002, firmware 15.38, "
"bus rack address 5\n"
"  has       25.63 V, -10.5 A, 11.5 % of 280 Ah, 12 cycles\n"
"  cells     lowest 2.791 V (7), highest 3.207 V (8), apart 416 mV\n"
"            3.200  3.201  3.202  3.203  3.204  3.205  2.791  3.207\n"
"  sensors   21.5 °C, -1.2 °C\n"
"  switches  charge on, discharge off, balancing\n"
"  allows    charge yes, discharge no\n"
"            battery 2 cell 7 low: 2.791 V (limit 2.800 V)"
"  [cell-low:2.7:2.791:2.800]\n"
"\n"
"Bus       Requests  Answers  Timeouts  Checksum  Length  Address  Unknown"
"  Content  Garbage  Is\n"
"rack          1000      990         4         3       2        1        5"
"        6       77  jk-pb on /dev/ttyUSB0, open\n"
"inverter       500      500         0         0       0        0        0"
"        0        0  mk3 on /dev/vebus-mk3, open\n";

static const char inverter_text[] =
"Connected             yes\n"
"Mode                  charger-only\n"
"State                 Bulk\n"
"DC voltage            25.55 V\n"
"DC current            -20.5 A\n"
"AC input              230 V, -, mains present\n"
"Charge current limit  105.0 A\n"
"Error                 none\n"
"Units                 2, firmware 506\n";

static const char status_json[] =
"{\"bms\":{\"StateOfCharge\":11.5,\"Mode\":\"on\",\"RemoteOn\":true,"
"\"AllowedToCharge\":\"yes\",\"AllowedToDischarge\":\"no\","
"\"ChargeReasons\":[],"
"\"DischargeReasons\":[\"cell-low:2.7:2.791:2.800\"],"
"\"Voltage\":25.6,\"Current\":-21,\"Power\":-537.6,"
"\"MinCellVoltage\":2.791,\"MinCellId\":\"2.7\","
"\"MaxCellVoltage\":3.207,\"MaxCellId\":\"1.8\","
"\"MinCellTemperature\":-1.2,\"MaxCellTemperature\":21.5,"
"\"Batteries\":2,\"Cells\":16,\"BatteriesInSeries\":1,"
"\"BatteriesInParallel\":2,\"NominalVoltage\":25.6,"
"\"InstalledCapacity\":560,\"MaxChargeCurrent\":168,"
"\"MaxDischargeCurrent\":0,\"Warnings\":[\"W-B07\"],"
"\"Alarms\":[\"A-B01\"],\"Errors\":[],\"LoadDisconnect\":\"floating\","
"\"ChargeDisconnect\":\"high\",\"PreAlarm\":\"high\","
"\"OutputsVirtual\":true,\"Version\":\"" PACKAGE_VERSION "\"},"
"\"inverter\":{\"Connected\":true,\"State\":\"Bulk\","
"\"Mode\":\"charger-only\",\"FirmwareVersion\":506,\"DcVoltage\":25.55,"
"\"DcCurrent\":-20.5,\"AcInputVoltage\":[230.1,null],"
"\"MainsPresent\":true,\"MaxChargeCurrent\":105,\"Error\":0,"
"\"ErrorText\":\"\",\"Units\":2}}\n";

static const char unknown_inverter_json[] =
"{\"Connected\":false,\"State\":\"\",\"Mode\":\"\","
"\"FirmwareVersion\":null,\"DcVoltage\":null,\"DcCurrent\":null,"
"\"AcInputVoltage\":[],\"MainsPresent\":false,\"MaxChargeCurrent\":null,"
"\"Error\":null,\"ErrorText\":\"\",\"Units\":0}\n";

#endif
